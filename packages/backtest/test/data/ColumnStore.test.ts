/** What is stored comes back to the bit; what broke off, was cut or was bent is found out, and says what to do. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { binanceBtcUsdt as btc } from "@outcry/testkit/Instruments"
import { describe, expect, it, onTestFinished } from "vitest"
import { inspectBars } from "../../src/data/BarIntegrity.ts"
import { gather } from "../../src/data/BarRows.ts"
import { ColumnStore } from "../../src/data/ColumnStore.ts"
import { DataError } from "../../src/data/DataError.ts"
import {
  barsOf,
  contentHash,
  type Dataset,
  datasetOfBars,
  datasetOfQuotes,
  datasetOfTape,
  datasetOfTrades,
  quotesOfDataset,
  tapeOfDataset,
  tradesOfDataset
} from "../../src/data/Dataset.ts"
import { quotesOf, tradesOf } from "../../src/data/TickColumns.ts"
import { TapeBuilder } from "../../src/TapeBuilder.ts"
import { copyOf, minuteUs, seededBars } from "./SeededBars.ts"

const about = { source: "a test", createdBy: "outcry test" }

const emptyStore = (): Promise<ColumnStore> => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-store-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return ColumnStore.open(join(folder, "deep", "store"))
}

const sample = () => {
  const builder = new TapeBuilder([btc.id])
  for (let at = 0; at < 30; at++) {
    builder.trade(btc.id, 1_000 * at, 900 * at, 6_000_000 + at, at + 1, at % 2 === 0 ? "buy" : "sell", at + 1)
    builder.quote(btc.id, 1_000 * at, 900 * at, 100, at, 101, 1)
    builder.delta(btc.id, 1_000 * at, 900 * at, [100, at], [101, 1, 102, 5], at === 0)
  }
  return builder.build()
}

const fileOf = (store: ColumnStore, name: string, column: string): string =>
  join(
    store.folder,
    name,
    readdirSync(join(store.folder, name)).find((file) => file.startsWith(`${column}.`))!
  )

describe("a columnar store", () => {
  it("gives back bars to the bit, whole, by time and in shared memory", async () => {
    const store = await emptyStore()
    const random = new SeededRandom(3)
    for (let round = 0; round < 12; round++) {
      const bars = seededBars(round, [0, 1, 500][round % 3]!, 0.1)
      const manifest = await store.write("bars", datasetOfBars(bars), about)
      expect(barsOf(await store.read("bars"))).toEqual(bars)
      expect(manifest.contentHash).toBe(contentHash(datasetOfBars(bars)))
      const shared = barsOf(await store.read("bars", { shared: true }))
      expect(shared.close.buffer).toBeInstanceOf(SharedArrayBuffer)
      expect([...shared.close]).toEqual([...bars.close])
      for (let cut = 0; cut < 6; cut++) {
        const [from, to] = [random.between(-2, 502), random.between(-2, 502)].map(
          (row) => (bars.timeOpen[0] ?? 0) + row * minuteUs - random.between(0, 1)
        ) as [number, number]
        const rows = [...bars.timeOpen.keys()].filter((row) => bars.timeOpen[row]! >= from && bars.timeOpen[row]! < to)
        expect(barsOf(await store.read("bars", { from, to }))).toEqual(gather(bars, rows))
      }
    }
  })

  it("keeps every value a float can have", async () => {
    const store = await emptyStore()
    const bars = copyOf(seededBars(1, 6))
    bars.close.set([Number.NaN, Infinity, -Infinity, -0, Number.MIN_VALUE, Number.MAX_VALUE])
    await store.write("odd", datasetOfBars(bars), { ...about, findings: inspectBars(bars), notes: ["odd"] })
    expect(barsOf(await store.read("odd")).close).toEqual(bars.close)
    const manifest = await store.manifest("odd")
    expect(manifest.notes).toEqual(["odd"])
    expect(manifest.findings[0]).toMatchObject({ code: "notFinite", row: 0 })
  })

  it("keeps trades, quotes and whole tapes, and a tape's levels where a part of it is read", async () => {
    const store = await emptyStore()
    const tape = sample()
    const [trades, quotes] = [tradesOf(tape, btc.id), quotesOf(tape, btc.id)]
    await store.write("trades", datasetOfTrades(trades), about)
    await store.write("quotes", datasetOfQuotes(quotes), about)
    await store.write("tape", datasetOfTape(tape), about)
    expect(tradesOfDataset(await store.read("trades"))).toEqual(trades)
    expect(quotesOfDataset(await store.read("quotes"))).toEqual(quotes)
    expect(tapeOfDataset(await store.read("tape"))).toEqual(tape)
    const part = tapeOfDataset(await store.read("tape", { from: 10_000, to: 12_000 }))
    expect(part.length).toBe(6)
    expect(part.levels).toEqual(tape.levels)
    expect((await store.list()).manifests.map(({ kind, name, rows }) => [name, kind, rows])).toEqual([
      ["quotes", "quotes", 30],
      ["tape", "tape", 90],
      ["trades", "trades", 30]
    ])
    expect((await store.withHash(contentHash(datasetOfTape(tape)))).name).toBe("tape")
    await expect(store.withHash("0")).rejects.toThrow(/no data set has the content hash 0\. Import the data here/)
    expect(() => barsOf(datasetOfTape(tape))).toThrow(/it holds tape, not bars/)
    await expect(store.append("tape", datasetOfTape(tape))).rejects.toThrow(/it is a tape\. Write the whole tape anew/)
  })

  it("appends as though all had been written at once", async () => {
    const store = await emptyStore()
    const bars = seededBars(9, 300, 0.1)
    const part = (from: number, to: number): Dataset =>
      datasetOfBars(
        gather(
          bars,
          Array.from({ length: to - from }, (_, at) => from + at)
        )
      )
    await store.write("grown", part(0, 0), about)
    for (const [from, to] of [
      [0, 100],
      [100, 101],
      [101, 101],
      [101, 300]
    ] as const)
      await store.append("grown", part(from, to), [`to ${to}`])
    const manifest = await store.verify("grown")
    expect(barsOf(await store.read("grown"))).toEqual(bars)
    expect(manifest).toMatchObject({
      rows: 300,
      from: bars.timeOpen[0],
      to: bars.timeOpen[299],
      contentHash: contentHash(datasetOfBars(bars)),
      notes: ["to 100", "to 101", "to 101", "to 300"]
    })
    await expect(store.append("grown", part(299, 300))).rejects.toThrow(
      /the rows to add begin at .*Leave out the rows it has already/
    )
    await expect(store.append("grown", { ...part(0, 0), intervalUs: 5 })).rejects.toThrow(
      /Compare kind, instrument and interval/
    )
    const { open: _, ...columns } = part(0, 0).columns
    await expect(store.append("grown", { ...part(0, 0), columns })).rejects.toThrow(/its columns differ/)
    await expect(store.append("none", part(0, 1))).rejects.toMatchObject({ problem: "missing" })
  })

  it("is as it was after a write or an append that broke off", async () => {
    const store = await emptyStore()
    const bars = seededBars(10, 50)
    const rest = datasetOfBars(
      gather(
        seededBars(10, 80),
        Array.from({ length: 30 }, (_, at) => 50 + at)
      )
    )
    await store.write("bars", datasetOfBars(bars), about)
    // What a crash in the middle of a write and of an append would leave.
    writeFileSync(join(store.folder, "bars", "close.00000000.bin"), "half")
    writeFileSync(join(store.folder, "bars", "manifest.json.00.tmp"), "{")
    const time = fileOf(store, "bars", "timeOpen")
    writeFileSync(time, Buffer.concat([readFileSync(time), Buffer.alloc(13, 7)]))
    expect(barsOf(await store.read("bars"))).toEqual(bars)
    await store.verify("bars")
    await store.append("bars", rest)
    expect(barsOf(await store.read("bars"))).toEqual(seededBars(10, 80))
    await store.write("bars", datasetOfBars(bars), about)
    expect(readdirSync(join(store.folder, "bars")).length).toBe(7)
  })

  it("lets one writer in at a time, and says what to do about a lock left behind", async () => {
    const store = await emptyStore()
    const sets = Array.from({ length: 5 }, (_, seed) => datasetOfBars(seededBars(seed, 100)))
    const outcomes = await Promise.allSettled(sets.map((set) => store.write("bars", set, about)))
    const refused = outcomes.filter((outcome) => outcome.status === "rejected")
    expect(outcomes.length - refused.length).toBeGreaterThan(0)
    for (const { reason } of refused) expect(reason).toMatchObject({ _tag: "DataError", problem: "conflict" })
    expect(sets.map(contentHash)).toContain((await store.verify("bars")).contentHash)
    writeFileSync(join(store.folder, "bars", "writing.lock"), "")
    await expect(store.write("bars", sets[0]!, about)).rejects.toThrow(
      /writing\.lock: another writer .* remove that file/
    )
    await store.read("bars")
  })

  it("finds a flipped bit, a cut file and a missing one, and names the file", async () => {
    const store = await emptyStore()
    const bars = datasetOfBars(seededBars(1, 100))
    const spoiled = async (spoil: (file: string) => void): Promise<DataError> => {
      await store.write("bars", bars, about)
      const file = fileOf(store, "bars", "close")
      spoil(file)
      const error: unknown = await store.read("bars").catch((cause: unknown) => cause)
      await expect(store.verify("bars")).rejects.toBeInstanceOf(DataError)
      if (!(error instanceof DataError)) throw new Error("it was not refused")
      expect(error.source).toBe(file)
      return error
    }
    const flipped = await spoiled((file) => {
      const bytes = readFileSync(file)
      bytes[401]! ^= 1
      writeFileSync(file, bytes)
    })
    expect(flipped.problem).toBe("corrupt")
    expect(flipped.message).toMatch(/its content is not what was written\. Remove the data set and import it again\./)
    expect((await spoiled((file) => truncateSync(file, 799))).message).toMatch(
      /it has 799 bytes, the manifest says 800/
    )
    expect((await spoiled((file) => rmSync(file))).problem).toBe("missing")
  })

  it.each([
    ["", "corrupt", /no manifest/],
    ["{}", "corrupt", /no manifest/],
    ['{"format":99}', "unsupported", /format 99, this program knows 1\. Read it with the version/]
  ])("refuses the manifest %j and lists it as a fault", async (text, problem, says) => {
    const store = await emptyStore()
    await store.write("good", datasetOfBars(seededBars(1, 3)), about)
    await store.write("bad", datasetOfBars(seededBars(1, 3)), about)
    writeFileSync(join(store.folder, "bad", "manifest.json"), text)
    await expect(store.read("bad")).rejects.toMatchObject({ problem, message: expect.stringMatching(says) as string })
    const { faults, manifests } = await store.list()
    expect([manifests.map(({ name }) => name), faults.map((fault) => fault.problem)]).toEqual([["good"], [problem]])
  })

  it("does not follow a manifest out of its folder", async () => {
    const store = await emptyStore()
    await store.write("bars", datasetOfBars(seededBars(1, 3)), about)
    const file = join(store.folder, "bars", "manifest.json")
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/"close\.[0-9a-f]+\.bin"/g, '"../../close.bin"'))
    await expect(store.read("bars")).rejects.toMatchObject({ problem: "corrupt" })
  })

  it("refuses names, columns and times that it could not keep", async () => {
    const store = await emptyStore()
    const bars = datasetOfBars(seededBars(1, 3))
    for (const name of ["", "..", "a/b", ".hidden", "a".repeat(101)]) {
      await expect(store.write(name, bars, about)).rejects.toThrow(/is no name of a data set/)
    }
    const withColumns = (columns: Dataset["columns"]): Dataset => ({
      ...bars,
      columns: { ...bars.columns, ...columns }
    })
    await expect(store.write("x", withColumns({ "a/b": new Float64Array(3) }), about)).rejects.toThrow(
      /no name of a column/
    )
    await expect(store.write("x", withColumns({ close: new Float64Array(2) }), about)).rejects.toThrow(
      /close: it has 2 rows, the times 3/
    )
    await expect(store.write("x", withColumns({ timeOpen: Float64Array.of(2, 1, 3) }), about)).rejects.toThrow(
      /row 2 is no time, or before/
    )
    await expect(store.read("nothing")).rejects.toMatchObject({ problem: "missing" })
    await store.write("x", bars, about)
    await store.remove("x")
    expect((await store.list()).manifests).toEqual([])
  })
})
