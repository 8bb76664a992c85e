/** Each way in which a tape goes wrong is found where it is. */
import { binanceBtcUsdt as btc, binanceEthUsdt as eth } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { readRecordedTape } from "../../src/data/RecordedTape.ts"
import { inspectTape } from "../../src/data/TapeIntegrity.ts"
import type { MarketTape } from "../../src/MarketTape.ts"
import { TapeBuilder } from "../../src/TapeBuilder.ts"
import { recordingsMissing, recordingsOf, whySkippedRecordings } from "./SharedData.ts"

describe("a tape", () => {
  const sound = (): MarketTape => {
    const builder = new TapeBuilder([btc.id, eth.id])
    for (let at = 0; at < 40; at++)
      builder.trade(btc.id, 1_000 * at, 1_000 * at, 6_000_000 + (at % 3), 5, "buy", at + 1)
    builder.quote(eth.id, 500, 500, 100, 1, 101, 1)
    builder.delta(eth.id, 600, 600, [100, 1], [101, 1], true)
    builder.bar(eth.id, 700, 60, [100, 102, 99, 101], 5, 2)
    builder.split(eth.id, 800, 2)
    builder.dividend(eth.id, 900, 0.5)
    builder.funding(eth.id, 950, 0.0001)
    return builder.build()
  }
  const rowOf = (tape: MarketTape, code: number): number => tape.code.indexOf(code)

  it("that is sound has no findings", () => {
    expect(inspectTape(sound())).toEqual([])
  })

  it.each<[string, (tape: MarketTape) => void, object]>([
    [
      "time that falls",
      (tape) => {
        tape.time[20]! -= 5_000
      },
      { code: "unsorted", severity: "error", row: 20 }
    ],
    [
      "time that is none",
      (tape) => {
        tape.timeVenue[20] = Number.NaN
      },
      { code: "badRow", row: 20 }
    ],
    [
      "an unknown instrument",
      (tape) => {
        tape.instrument[20] = 9
      },
      { code: "badRow", row: 20, detail: "instrument 9 is not on the tape" }
    ],
    [
      "an unknown code",
      (tape) => {
        tape.code[20] = 99
      },
      { code: "badRow", row: 20, detail: "code 99 is unknown" }
    ],
    [
      "a trade of no lots",
      (tape) => {
        tape.b[20] = 0
      },
      { code: "badRow", row: 20 }
    ],
    [
      "half a tick",
      (tape) => {
        tape.a[20]! += 0.5
      },
      { code: "badRow", row: 20 }
    ],
    [
      "levels elsewhere",
      (tape) => {
        tape.a[rowOf(tape, 4)] = 100
      },
      { code: "badRow", detail: "its levels lie outside the tape's" }
    ],
    [
      "a bar that is none",
      (tape) => {
        tape.b[rowOf(tape, 3)] = 1
      },
      { code: "badRow", detail: "bar 100, 1, 99, 101 is none" }
    ],
    [
      "a split of nothing",
      (tape) => {
        tape.a[rowOf(tape, 6)] = 0
      },
      { code: "badRow", detail: "split of 0" }
    ],
    [
      "a crossed quote",
      (tape) => {
        tape.a[rowOf(tape, 1)] = 101
      },
      { code: "crossed", severity: "warning", count: 1 }
    ],
    [
      "missing trades",
      (tape) => {
        tape.d[45]! += 7
      },
      { code: "missingTrades", count: 7 }
    ],
    [
      "a trade twice",
      (tape) => {
        tape.d[44] = tape.d[43]!
      },
      { code: "duplicate", count: 1 }
    ],
    [
      "a venue ahead of us",
      (tape) => {
        tape.timeVenue[30]! += 2_000
      },
      { code: "clock", severity: "note", row: 30 }
    ],
    [
      "a wild print",
      (tape) => {
        tape.a[30] = 60_000_000
      },
      { code: "outlier", row: 30, count: 1 }
    ]
  ])("with %s is found out", (_, spoil, expected) => {
    const tape = sound()
    spoil(tape)
    expect(inspectTape(tape)).toContainEqual(expect.objectContaining(expected))
  })

  it("tells silences and breaks", () => {
    const builder = new TapeBuilder([btc.id])
    builder.quote(btc.id, 0, 0, 100, 1, 101, 1)
    builder.add({
      type: "gap",
      instrument: btc.id,
      feedEpoch: 1,
      seq: 1,
      reason: "stale",
      resumed: false,
      timeVenue: 61_000_001,
      timeReceived: 61_000_001
    })
    expect(inspectTape(builder.build()).map(({ code, row }) => [code, row])).toEqual([
      ["silence", 1],
      ["brokenStream", 1]
    ])
  })

  it.skipIf(recordingsMissing)(
    `of a real recording has a clock behind the venue's and nothing else${whySkippedRecordings}`,
    async () => {
      const { tape } = await readRecordedTape([{ instrument: btc, files: recordingsOf("btcusdt") }])
      const found = inspectTape(tape)
      expect(found.map(({ code }) => code)).toEqual(["clock"])
      expect(found[0]?.count).toBe(99_572)
    }
  )
})
