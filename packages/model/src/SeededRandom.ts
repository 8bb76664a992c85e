/**
 * Reproducible chance: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018), its
 * state filled by splitmix32. The same seed gives the same sequence; `snapshot` and `restore` continue one exactly.
 */
export type RandomSnapshot = readonly [number, number, number, number]

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

export class SeededRandom {
  private s0 = 0
  private s1 = 0
  private s2 = 0
  private s3 = 0

  /** Any finite number seeds; only its 53-bit whole part counts. */
  constructor(seed: number) {
    if (!Number.isFinite(seed)) throw new RangeError(`A seed must be a finite number, not ${seed}`)
    const whole = Math.trunc(seed)
    let state = (whole ^ Math.imul(Math.floor(whole / 4_294_967_296), 0x85ebca6b)) | 0
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0
      let word = state ^ (state >>> 16)
      word = Math.imul(word, 0x21f0aaad)
      word ^= word >>> 15
      word = Math.imul(word, 0x735a2d97)
      return word ^ (word >>> 15)
    }
    this.s0 = next()
    this.s1 = next()
    this.s2 = next()
    this.s3 = next()
  }

  /** 32 random bits as a number from 0 to 2^32 − 1. */
  bits(): number {
    const result = Math.imul(rotate(Math.imul(this.s1, 5), 7), 9) >>> 0
    const shifted = this.s1 << 9
    this.s2 ^= this.s0
    this.s3 ^= this.s1
    this.s1 ^= this.s2
    this.s0 ^= this.s3
    this.s2 ^= shifted
    this.s3 = rotate(this.s3, 11)
    return result
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.bits() / 4_294_967_296
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** True with that probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of a non-empty list. */
  pick<A>(items: ReadonlyArray<A>): A {
    return items[this.between(0, items.length - 1)]!
  }

  /** Exponentially distributed: the wait for the next of events that come `1 / mean` a unit. */
  exponential(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean
  }

  /** Standard normal (Box and Muller, 1958; the second value is not kept, so that the snapshot stays four words). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction())
  }

  snapshot(): RandomSnapshot {
    return [this.s0, this.s1, this.s2, this.s3]
  }

  restore(snapshot: RandomSnapshot): void {
    this.s0 = snapshot[0]
    this.s1 = snapshot[1]
    this.s2 = snapshot[2]
    this.s3 = snapshot[3]
  }
}

/** A seed of its own for each named part, so that one part's draws never shift another's. */
export const seedFor = (seed: number, name: string): number => {
  let hash = 0x811c9dc5 ^ Math.imul(Math.trunc(seed) | 0, 0x9e3779b1) ^ Math.floor(seed / 4_294_967_296)
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
