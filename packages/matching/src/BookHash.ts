/**
 * FNV-1a over whole numbers, in two 32-bit lanes with different offsets (64 bits together). For equality of books and
 * event streams, not for security.
 */
const prime = 0x01000193

export class BookHash {
  private a = 0x811c9dc5
  private b = 0x050c5d1f

  /** Mixes a whole number up to 2^53 in magnitude, sign included. */
  add(value: number): void {
    const low = value | 0
    const high = Math.floor(value / 4_294_967_296) | 0
    this.a = Math.imul(this.a ^ low, prime)
    this.a = Math.imul(this.a ^ (this.a >>> 15) ^ high, prime)
    this.b = Math.imul(this.b ^ high, prime)
    this.b = Math.imul(this.b ^ (this.b >>> 13) ^ low, prime)
  }

  /** 16 hexadecimal digits of all that was added so far; adding may go on. */
  text(): string {
    return hex(this.a) + hex(this.b)
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")
