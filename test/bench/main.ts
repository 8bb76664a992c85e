/**
 * `npm run bench`: runs the benches by name, or all; prints each figure beside its yardstick and goal; keeps the raw
 * results as JSON. A goal that is missed is shown and is no failure; a bench that breaks or is not known is one.
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type Bench, type BenchGrowth, type BenchRecord, type BenchRow, machine, versions } from "./Bench.ts"

/** Loaded when asked for, so that one bench needs only its own packages. */
const registry: Readonly<Record<string, () => Promise<Bench>>> = {
  ask: async () => (await import("./Ask.ts")).askBench,
  core: async () => (await import("./Core.ts")).coreBench,
  event: async () => (await import("./Event.ts")).eventBench,
  grid: async () => (await import("./Grid.ts")).gridBench,
  indicators: async () => (await import("./Indicators.ts")).indicatorsBench,
  journal: async () => (await import("./Journal.ts")).journalBench,
  latency: async () => (await import("./Latency.ts")).latencyBench,
  matching: async () => (await import("./Matching.ts")).matchingBench(peer),
  study: async () => (await import("./Study.ts")).studyBench,
  wire: async () => (await import("./Wire.ts")).wireBench
}

const usage = `Usage: npm run bench -- [NAME ...] [--json FILE] [--peer] [--list]

  npm run bench                           all benches
  npm run bench -- core --json core.json  one, its raw results kept
  npm run bench -- matching --peer        also beside a peer that is fetched for it (JDK, Maven)
  npm run bench -- --list                 their names
`

const figure = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3)

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)))
  const line = (row: ReadonlyArray<string>): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join("  ")
      .trimEnd()
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n")
}

const rowCells = (row: BenchRow): ReadonlyArray<string> => [
  row.case,
  `${figure(row.value)} ${row.unit}`,
  `${figure(row.spread[0])} - ${figure(row.spread[1])}`,
  `${figure(row.yardstickValue)} (${row.yardstick})`,
  row.ratio.toFixed(2),
  row.goal,
  row.met ? "yes" : "NO"
]

const growthCells = (point: BenchGrowth): ReadonlyArray<string> => [
  point.case,
  String(point.n),
  figure(point.value),
  point.exponent.toFixed(2)
]

const print = (record: BenchRecord): void => {
  const { cores, cpu, memoryGiB } = record.machine
  const named = Object.entries(record.versions).map(([name, version]) => `${name} ${version}`)
  console.log(`\n${record.bench}  (${cpu}, ${cores} cores, ${memoryGiB} GiB; ${named.join(", ")})\n`)
  console.log(table(["case", "median", "spread", "yardstick", "ratio", "goal", "met"], record.rows.map(rowCells)))
  if (record.growth.length > 0)
    console.log(`\n${table(["how cost grows", "n", "value", "exponent"], record.growth.map(growthCells))}`)
}

const fail = (message: string): never => {
  console.error(message)
  process.exit(2)
}

interface Arguments {
  readonly names: ReadonlyArray<string>
  readonly json: string | undefined
  readonly peer: boolean
}

const readArguments = (): Arguments => {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "string" },
        peer: { type: "boolean", default: false },
        list: { type: "boolean" },
        help: { type: "boolean", short: "h" }
      }
    })
    if (values.help === true || values.list === true) {
      process.stdout.write(values.help === true ? usage : `${Object.keys(registry).join("\n")}\n`)
      process.exit(0)
    }
    return {
      names: positionals.length === 0 ? Object.keys(registry) : positionals,
      json: values.json,
      peer: values.peer
    }
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
}

const { json, names, peer } = readArguments()
const unknown = names.filter((name) => !Object.hasOwn(registry, name))
if (unknown.length > 0)
  fail(`There is no bench "${unknown.join('", "')}". Choose from: ${Object.keys(registry).join(", ")}.`)

const records: Array<BenchRecord> = []
const keep = (): void => {
  if (json === undefined) return
  const kept = records.length === 1 && names.length === 1 ? records[0] : records
  writeFileSync(json, `${JSON.stringify(kept, null, 2)}\n`)
}
// Before minutes of work, not after: whether the results can be kept.
try {
  keep()
} catch (error) {
  fail(
    `Cannot write ${json}: ${error instanceof Error ? error.message : String(error)}. Name a file in a folder that exists.`
  )
}

for (const name of names) {
  console.error(`bench ${name} ...`)
  const bench = await registry[name]!()
  const record: BenchRecord = { bench: name, machine: machine(), versions: versions(), ...(await bench.run()) }
  records.push(record)
  print(record)
  keep()
}
