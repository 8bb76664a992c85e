/**
 * What an instrument is "worth" over market time: a factor common to all instruments of one seed, which wanders slowly and
 * is drawn back to the start price, plus the instrument's own deviation, which reverts within seconds. The difference of
 * two instruments is therefore mean-reverting: something for a pairs strategy to trade.
 *
 * Both parts are Ornstein–Uhlenbeck processes in the logarithm, stepped exactly on a fixed grid from `startUs`, so that
 * markets with the same seed and start share the common factor without sharing an object.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"

export interface FundamentalOptions {
  readonly seed: number
  readonly symbol: string
  readonly startUs: number
  /** Price at the start and the centre of the slow reversion, in ticks. */
  readonly priceTicks: number
}

const stepUs = 50_000

/** Deviation in the long run (a fraction of the price) and half-life in seconds. */
const common = { deviation: 0.008, halfLifeSeconds: 3600 }
const own = { deviation: 0.002, halfLifeSeconds: 10 }

/** Decay and shock of one grid step of a process. */
const stepOf = ({ deviation, halfLifeSeconds }: typeof common) => {
  const decay = 2 ** (-stepUs / 1e6 / halfLifeSeconds)
  return { decay, shock: deviation * Math.sqrt(1 - decay * decay) }
}

const commonStep = stepOf(common)
const ownStep = stepOf(own)

export class Fundamental {
  private readonly commonRandom: SeededRandom
  private readonly ownRandom: SeededRandom
  private readonly priceTicks: number
  private readonly startUs: number
  private steps = 0
  private common = 0
  private own: number

  constructor(options: FundamentalOptions) {
    this.commonRandom = new SeededRandom(seedFor(options.seed, "common factor"))
    this.ownRandom = new SeededRandom(seedFor(options.seed, `fundamental of ${options.symbol}`))
    this.priceTicks = options.priceTicks
    this.startUs = options.startUs
    this.own = own.deviation * this.ownRandom.normal()
  }

  /** Value in ticks, not rounded. Time never runs backwards: an earlier time gives the latest value. */
  at(timeUs: number): number {
    const steps = Math.floor((timeUs - this.startUs) / stepUs)
    for (; this.steps < steps; this.steps++) {
      this.common = this.common * commonStep.decay + commonStep.shock * this.commonRandom.normal()
      this.own = this.own * ownStep.decay + ownStep.shock * this.ownRandom.normal()
    }
    return this.priceTicks * Math.exp(this.common + this.own)
  }
}
