/** The bars before the range of a run, as a live strategy is refilled with before it starts. */
import type { Bar } from "@outcry/model/MarketData"
import type { FeedDeclaration } from "@outcry/model/Strategy"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"

const barAt = (tape: MarketTape, row: number, instrument: string): Bar => ({
  type: "bar",
  instrument,
  feedEpoch: 1,
  seq: 0,
  timeVenue: tape.timeVenue[row]!,
  timeReceived: tape.time[row]!,
  intervalUs: tape.span[row]!,
  timeOpen: tape.timeVenue[row]! - tape.span[row]!,
  openTicks: tape.a[row]!,
  highTicks: tape.b[row]!,
  lowTicks: tape.c[row]!,
  closeTicks: tape.d[row]!,
  lots: tape.e[row]!,
  trades: tape.f[row]!
})

/** Of each feed the last `warmupBars` before `first`, in order of time. */
export const pastBars = (
  tape: MarketTape,
  first: number,
  feeds: ReadonlyArray<FeedDeclaration>
): ReadonlyArray<Bar> => {
  const wanted = feeds.flatMap(({ barSeconds, instrument, warmupBars }) =>
    barSeconds === undefined || warmupBars === undefined
      ? []
      : [{ place: tape.instruments.indexOf(instrument), spanUs: barSeconds * 1_000_000, left: warmupBars, instrument }]
  )
  const bars: Array<Bar> = []
  for (let row = first - 1; row >= 0 && wanted.some(({ left }) => left > 0); row--) {
    if (tape.code[row] !== tapeCodes.bar) continue
    const feed = wanted.find((each) => each.place === tape.instrument[row] && each.spanUs === tape.span[row])
    if (feed === undefined || feed.left === 0) continue
    feed.left -= 1
    bars.push(barAt(tape, row, feed.instrument))
  }
  return bars.toReversed()
}
