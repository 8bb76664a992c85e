import { gzipSync } from "node:zlib"
import { afterAll, describe, expect, it } from "vitest"
import { Recording } from "../src/Recording.ts"
import { RecordingError } from "../src/RecordingError.ts"
import { baseUs, diff, RecordingFolder, snapshot, ticker, trade } from "./RecordingFiles.ts"

const folder = new RecordingFolder()
afterAll(() => folder[Symbol.dispose]())

const whole = [
  diff(0, [1, 5], [[99, 7]], []),
  snapshot(5, 8, [[100, 10]], [[101, 4]]),
  trade(10, "sell", 100, 3),
  ticker(20, 9, [100, 7], [101, 4])
]

/** What opening those files is refused with. */
const fault = async (...paths: ReadonlyArray<string>): Promise<RecordingError> => {
  const error: unknown = await Recording.open(paths).then(
    () => undefined,
    (cause: unknown) => cause
  )
  if (!(error instanceof RecordingError)) throw new Error(`Not refused as it should be: ${String(error)}`)
  return error
}

const types = async (recording: Recording, symbol: string) => {
  const seen: Array<string> = []
  for await (const batch of recording.frames(symbol))
    for (const frame of batch) seen.push(`${frame.type} ${frame.receivedUs - baseUs}`)
  return seen
}

describe("Recording", () => {
  it("reads frames with their receive times, from gzip and from plain text", async () => {
    for (const path of [folder.gz("whole.gz", whole), folder.bytes("whole.txt", whole.join("\n"))]) {
      const recording = await Recording.open([path])
      expect(recording.symbols).toEqual(["btcusdt"])
      expect([recording.startUs, recording.endUs]).toEqual([baseUs, baseUs + 20_000])
      expect(recording.warnings).toEqual([])
      expect(await types(recording, "btcusdt")).toEqual(["depth 0", "snapshot 5000", "trade 10000", "ticker 20000"])
    }
  })

  it("puts files in time order and keeps symbols apart, together in a file or not", async () => {
    const later = folder.gz("later.gz", [trade(500, "buy", 101, 1), trade(510, "buy", 268_000, 1, "ethusdt")])
    const recording = await Recording.open([later, folder.gz("first.gz", whole)])
    expect(recording.symbols).toEqual(["btcusdt", "ethusdt"])
    expect((await types(recording, "btcusdt")).at(-1)).toBe("trade 500000")
    expect(await types(recording, "ethusdt")).toEqual(["trade 510000"])
    expect(recording.beginsWithSnapshot("btcusdt")).toBe(true)
    expect(recording.warnings).toEqual([
      expect.stringContaining("later.gz does not begin with a depth snapshot: the book of ethusdt")
    ])
  })

  it("leaves out long times without a frame, for all symbols alike, and says so", async () => {
    const day = 86_400_000
    const paths = [
      folder.gz("day2.gz", [snapshot(day, 50, [[90, 1]], [[95, 1]]), trade(day + 10, "buy", 95, 1)]),
      folder.gz("day1.gz", [...whole, trade(60_010, "buy", 101, 1)]),
      folder.gz("day2eth.gz", [trade(day + 20, "buy", 268_000, 1, "ethusdt")])
    ]
    const recording = await Recording.open(paths)
    const [gapMs, pauseMs] = [day - 60_010, 1_000]
    expect((await types(recording, "btcusdt")).slice(-3)).toEqual([
      "trade 60010000",
      `snapshot ${(60_010 + pauseMs) * 1_000}`,
      `trade ${(60_020 + pauseMs) * 1_000}`
    ])
    expect(await types(recording, "ethusdt")).toEqual([`trade ${(60_030 + pauseMs) * 1_000}`])
    expect(recording.endUs - baseUs).toBe((60_030 + pauseMs) * 1_000)
    expect(recording.warnings).toContainEqual(
      expect.stringMatching(
        `^Nothing was recorded for ${Math.round(gapMs / 1_000)} s from 2024-08-0.*leaves that time out`
      )
    )
    const kept = await Recording.open(paths, { idleUsMost: Number.POSITIVE_INFINITY })
    expect((await types(kept, "btcusdt")).at(-1)).toBe(`trade ${(day + 10) * 1_000}`)
    expect(kept.warnings.join()).not.toContain("Nothing was recorded")
  })

  it("keeps a pause of a minute, and one in which another symbol has frames", async () => {
    const eth = Array.from({ length: 4 }, (_, index) => trade(index * 50_000, "buy", 268_000, 1, "ethusdt"))
    const recording = await Recording.open([
      folder.gz("sparse.gz", [trade(0, "buy", 101, 1), trade(60_000, "buy", 101, 1), trade(150_000, "buy", 101, 1)]),
      folder.gz("dense.gz", eth)
    ])
    expect(await types(recording, "btcusdt")).toEqual(["trade 0", "trade 60000000", "trade 150000000"])
  })

  it("names a missing file", async () => {
    const error = await fault(folder.gz("whole2.gz", whole), `${folder.path}/none.gz`)
    expect([error.problem, error.line]).toEqual(["missing", 0])
    expect(error.message).toContain("none.gz: there is no such file. Check the path.")
  })

  it("tells a damaged file from a truncated one and from a folder", async () => {
    const bytes = gzipSync(`${whole.join("\n")}\n`.repeat(50))
    const damaged = Uint8Array.from(bytes, (byte, index) => (index > 40 && index < 60 ? byte ^ 0xff : byte))
    expect((await fault(folder.bytes("damaged.gz", damaged))).problem).toBe("corrupt")
    expect((await fault(folder.bytes("text.gz", whole.join("\n")))).problem).toBe("corrupt")
    const truncated = await fault(folder.bytes("cut.gz", bytes.subarray(0, bytes.length - 20)))
    expect([truncated.problem, truncated.message]).toEqual(["truncated", expect.stringContaining("cut.gz")])
    expect((await fault(folder.path)).problem).toBe("unreadable")
  })

  it.each([
    ["no time", "{}", "does not begin with a receive time"],
    ["no JSON", "1723161253937085768 {oops", "is not JSON"],
    ["no frame", '1723161253937085768 {"a":1}', "neither a combined-stream frame nor a depth snapshot"],
    ["no stream name", '1723161253937085768 {"stream":"trade","data":{}}', "not a stream name"],
    [
      "a lacking field",
      '1723161253937085768 {"stream":"btcusdt@trade","data":{"p":"1"}}',
      "btcusdt@trade frame lacks a field"
    ],
    ["a price that is no decimal", trade(1, "buy", 101, 1).replace("1.01000000", "1e5"), "holds no decimal"]
  ])("names the line that is bad: %s", async (_, bad, says) => {
    const error = await fault(folder.gz("bad.gz", [...whole, bad, ...whole]))
    expect([error.problem, error.line]).toEqual(["badLine", 5])
    expect(error.message).toContain("bad.gz, line 5: ")
    expect(error.message).toContain(says)
  })

  it("refuses a file without a single frame", async () => {
    const unused = trade(1, "buy", 101, 1).replace("@trade", "@kline_1m")
    expect((await fault(folder.gz("unused.gz", [unused]))).problem).toBe("empty")
    expect((await fault(folder.bytes("nothing.gz", gzipSync("")))).problem).toBe("empty")
  })
})
