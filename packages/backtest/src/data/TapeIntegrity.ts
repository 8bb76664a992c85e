/**
 * Checks a tape: order, rows that make no sense, crossed quotes, trade ids that repeat or are missing, silences, breaks of
 * the stream, clocks that disagree and prints far from those around them. It only looks: a tape is never repaired, since a
 * wrong one is made anew from its source.
 */
import { type MarketTape, tapeCodes } from "../MarketTape.ts"
import { type DataFinding, FindingList } from "./DataFinding.ts"

export interface TapeCheckOptions {
  /** Time without any row of an instrument that counts as a silence, µs; default 60 s. */
  readonly silenceUs?: number
  /** How far from both its neighbours, as a fraction, a print must lie on one side to be an outlier; default 0.01. */
  readonly spikeFraction?: number
}

/** Findings, the gravest first. */
export const inspectTape = (tape: MarketTape, options: TapeCheckOptions = {}): ReadonlyArray<DataFinding> => {
  const findings = new FindingList()
  const { silenceUs = 60_000_000 } = options
  const lastTime = new Float64Array(tape.instruments.length).fill(Number.NaN)
  const lastTradeId = new Float64Array(tape.instruments.length)
  for (let row = 0; row < tape.length; row++) {
    const time = tape.time[row]!
    if (row > 0 && time < tape.time[row - 1]!) {
      findings.add(
        "unsorted",
        row,
        time,
        () => `its time is ${(tape.time[row - 1]! - time) / 1e6} s before the row above`
      )
    }
    const problem = rowFault(tape, row)
    if (problem !== "") {
      findings.add("badRow", row, time, () => problem)
      continue
    }
    const place = tape.instrument[row]!
    const before = lastTime[place]!
    if (time - before > silenceUs) {
      const detail = () => `nothing of ${tape.instruments[place]} for ${((time - before) / 1e6).toFixed(1)} s`
      findings.add("silence", row, time, detail)
    }
    lastTime[place] = time
    if (tape.code[row] === tapeCodes.trade) checkTradeId(tape, row, lastTradeId, findings)
    if (tape.code[row] === tapeCodes.quote && tape.a[row]! >= tape.c[row]! && tape.a[row]! > 0 && tape.c[row]! > 0) {
      findings.add("crossed", row, time, () => `bid ${tape.a[row]} ticks, ask ${tape.c[row]} ticks`)
    }
    if (tape.code[row] === tapeCodes.gap && tape.b[row] === 0) {
      findings.add("brokenStream", row, time, () => `the stream of ${tape.instruments[place]} breaks off`)
    }
    if (tape.timeVenue[row]! > time && tape.code[row] !== tapeCodes.gap) {
      const ahead = (tape.timeVenue[row]! - time) / 1_000
      findings.add("clock", row, time, () => `received ${ahead.toFixed(1)} ms before it happened by the venue's clock`)
    }
  }
  checkTradePrices(tape, options.spikeFraction ?? 0.01, findings)
  return findings.done()
}

const count = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least

/** Empty, or what is wrong with a row taken by itself. */
const rowFault = (tape: MarketTape, row: number): string => {
  const [a, b, c, d] = [tape.a[row]!, tape.b[row]!, tape.c[row]!, tape.d[row]!]
  if (!Number.isFinite(tape.time[row]!) || !Number.isFinite(tape.timeVenue[row]!)) return "a time is no number"
  if (tape.instrument[row]! >= tape.instruments.length) return `instrument ${tape.instrument[row]} is not on the tape`
  switch (tape.code[row]) {
    case tapeCodes.quote:
      return [a, b, c, d].every((value) => count(value, 0))
        ? ""
        : `quote ${a}, ${b}, ${c}, ${d} is not in ticks and lots`
    case tapeCodes.trade:
      return count(a, 1) && count(b, 1) ? "" : `trade ${a}, ${b} is not in ticks and lots`
    case tapeCodes.bar: {
      const whole = [a, b, c, d].every((value) => count(value, 1)) && count(tape.e[row]!, 0)
      return whole && b >= Math.max(a, c, d) && c <= Math.min(a, d) ? "" : `bar ${a}, ${b}, ${c}, ${d} is none`
    }
    case tapeCodes.delta:
      return count(a, 0) && a + 2 * (b + c) <= tape.levels.length ? "" : "its levels lie outside the tape's"
    case tapeCodes.split:
      return a > 0 && Number.isFinite(a) ? "" : `split of ${a}`
    case tapeCodes.dividend:
      return a >= 0 && Number.isFinite(a) ? "" : `dividend of ${a}`
    case tapeCodes.gap:
    case tapeCodes.funding:
      return Number.isFinite(a) ? "" : `${a} is no number`
    default:
      return `code ${tape.code[row]} is unknown`
  }
}

const checkTradeId = (tape: MarketTape, row: number, last: Float64Array, findings: FindingList): void => {
  const [place, id, time] = [tape.instrument[row]!, tape.d[row]!, tape.time[row]!]
  const before = last[place]!
  last[place] = Math.max(before, id)
  if (before === 0 || id === 0 || id === before + 1) return
  if (id <= before) return findings.add("duplicate", row, time, () => `trade ${id} after ${before}`)
  findings.add("missingTrades", row, time, () => `trade ${id} follows ${before}`, id - before - 1)
}

/** A move that stays is a move; a print far from the one before and the one after is a wrong one, or one out of order. */
const checkTradePrices = (tape: MarketTape, fraction: number, findings: FindingList): void => {
  for (let place = 0; place < tape.instruments.length; place++) {
    let [before, middle] = [-1, -1]
    for (let row = 0; row < tape.length; row++) {
      if (tape.code[row] !== tapeCodes.trade || tape.instrument[row] !== place || !(tape.a[row]! > 0)) continue
      if (before >= 0 && isSpike(tape.a[before]!, tape.a[middle]!, tape.a[row]!, fraction)) {
        const [at, from] = [middle, before]
        findings.add(
          "outlier",
          at,
          tape.time[at]!,
          () => `a trade at ${tape.a[at]} ticks between ${tape.a[from]} and ${tape.a[row]}`
        )
      }
      ;[before, middle] = [middle, row]
    }
  }
}

const isSpike = (before: number, price: number, after: number, fraction: number): boolean => {
  const [first, second] = [price / before - 1, price / after - 1]
  return first * second > 0 && Math.min(Math.abs(first), Math.abs(second)) > fraction
}
