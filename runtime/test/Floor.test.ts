import { Client } from "@outcry/client/Client"
import type { Envelope } from "@outcry/client/Wire"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Effect, Exit, Redacted, Schema, Scope } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { Report } from "../src/report/Report.ts"
import { Outcry, type Running, until } from "./Outcry.ts"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const phaseIs = (phase: string) => () => {
  try {
    return outcry.runFile().phase === phase
  } catch {
    return false
  }
}

const startFloor = async (nodes: 1 | 2, ...args: ReadonlyArray<string>): Promise<Running> => {
  outcry.seedDatabase()
  const running = outcry.spawn(["start", "--nodes", `${nodes}`, "--port", "0", ...args])
  await until("the floor", () => phaseIs("running")() || running.process.exitCode !== null, running.stderr)
  expect(running.process.exitCode, running.stderr()).toBe(null)
  return running
}

const reportIn = (file: string): Report =>
  Schema.decodeUnknownSync(Report)(JSON.parse(readFileSync(join(outcry.folder, file), "utf8")))

const nothingLeft = (): void => expect(outcry.processes()).toEqual([])

it("runs a floor that trades, survives the loss of a node, answers the other commands and ends clean", async () => {
  const running = await startFloor(2, "--report", "r.json")
  const { gateways, token } = outcry.runFile()
  const status = () => outcry.run(["status", "--json"])
  const floorOf = (text: string) =>
    (
      JSON.parse(text) as {
        floor: {
          accounts: ReadonlyArray<{ account: string; node: string }>
          strategies: ReadonlyArray<{ fills: number }>
        }
      }
    ).floor

  // A client on the second node sees fills, wherever the account lives.
  const fills: Array<Envelope> = []
  const client = await Client.connect({ url: `${gateways[1]!.url.replace("http", "ws")}/ws`, token })
  await client.subscribe("fills.paper-2", (message) => fills.push(message))
  await until("a fill of the market maker", () => fills.some(({ type }) => type === "delta"), running.stderr)
  client.close()

  // Spans travel in batches: the newest fill's may still be under way.
  const stages = [
    "strategy.signal",
    "strategy.intent",
    "account.submit",
    "account.risk",
    "journal.append",
    "venue.submit",
    "venue.ack",
    "venue.fill"
  ]
  let trace = ""
  await until(
    "the whole trace of an order",
    async () => {
      trace = (await outcry.run(["trace", "--last-filled"])).stdout
      return stages.every((span) => trace.includes(span))
    },
    () => trace
  )
  expect(trace).toMatch(/^order oc[a-z2-7]{16}: \d+ spans/)
  expect(trace).toMatch(/venue\.fill +node-\d \(\d+\)/)
  expect((await outcry.run(["trace", "ocaaaaaaaaaaaaaaaa"])).stderr).toContain("OUTCRY-3003")

  const explained = await outcry.run(["explain", "market-maker"])
  expect(explained.stdout).toMatch(/It trades: \d+ fill/)
  const unknown = await outcry.run(["explain", "nobody"])
  expect(unknown.stderr).toMatch(/OUTCRY-1003 .*nobody.*These run: .*market-maker/s)
  expect(unknown.code).toBe(2)

  const shown = await outcry.run(["status"])
  for (const actor of [
    "sim:BTC/USDT",
    "paper-1",
    "paper-2",
    "moving-average-cross",
    "market-maker",
    "pairs-spread",
    "node-2"
  ])
    expect(shown.stdout).toContain(actor)

  const second = await outcry.run(["start", "--port", "0"])
  expect(second.stderr).toMatch(new RegExp(`OUTCRY-2001 .*process ${running.process.pid}.*--data`, "s"))
  expect(second.code).toBe(4)

  // The node that carries an account dies.
  let home = ""
  await until("an account", async () => {
    home = floorOf((await status()).stdout).accounts[0]?.node ?? ""
    return home !== ""
  })
  process.kill(outcry.child(home), "SIGKILL")
  await until("the node's return", () => running.stderr().includes(`${home} is back`), running.stderr)
  const after = fills.length
  const again = await Client.connect({ url: `${gateways[0]!.url.replace("http", "ws")}/ws`, token })
  await again.subscribe("fills.paper-2", (message) => fills.push(message))
  await until("fills after the failover", () => fills.slice(after).some(({ type }) => type === "delta"), running.stderr)
  again.close()

  running.process.kill("SIGINT")
  const result = await running.ended
  expect(result.code, result.stdout + result.stderr).toBe(0)
  expect(result.stdout).toMatch(/0 lost, 0 duplicated, 0 misfilled, 0 invariants violated/)
  const report = reportIn("r.json")
  expect(report).toMatchObject({
    ordersLost: 0,
    ordersDuplicated: 0,
    ordersMisfilled: 0,
    invariantViolations: [],
    endedBy: "SIGINT"
  })
  expect(report.failovers).toHaveLength(1)
  expect(report.failovers[0]).toMatchObject({ node: home, ended: "ended by SIGKILL" })
  expect(report.failovers[0]?.accountsMoved.length).toBeGreaterThan(0)
  expect(report.failovers[0]?.recoveredMs).not.toBeNull()
  expect(report.fills).toBeGreaterThan(0)
  expect(Object.values(report.orders.byState).reduce((a, b) => a + b, 0)).toBe(report.orders.total)
  nothingLeft()

  // What was recorded can be read after the end.
  const later = await outcry.run(["trace", "--last-filled", "--json"])
  expect(JSON.parse(later.stdout)).toMatchObject({ summary: { errors: 0 } })
})

it("leaves nothing behind when it is killed, and the next start cleans up what is there", async () => {
  const running = await startFloor(
    1,
    "--only",
    "--strategy",
    join(import.meta.dirname, "..", "..", "examples", "02-market-maker.ts")
  )
  const exchange = outcry.child("exchange")
  running.process.kill("SIGKILL")
  await running.ended
  // Nodes and exchange notice by themselves; the database is stopped by the next start.
  await until(
    "the end of the children",
    () => outcry.processes().every((line) => line.includes("postgres")),
    () => outcry.processes().join("\n")
  )
  expect(outcry.processes().some((line) => line.startsWith(`${exchange} `))).toBe(false)
  // A lock and a run file of a process that is gone, and a torn one, do not stand in the way.
  writeFileSync(join(outcry.data, "start.lock"), "{")
  const again = await startFloor(1, "--for", "1s")
  const result = await again.ended
  expect(result.code, result.stderr).toBe(0)
  nothingLeft()
})

it("runs on a database of the user's own, one floor at a time", async () => {
  const scope = Scope.makeUnsafe()
  const maker = join(import.meta.dirname, "..", "..", "examples", "02-market-maker.ts")
  try {
    const server = await Effect.runPromise(
      Scope.provide(embeddedPostgres({ dataDir: join(outcry.folder, "server") }), scope)
    )
    const environment = { DATABASE_URL: Redacted.value(server.url) }
    const running = outcry.spawn(["start", "--nodes", "1", "--port", "0", "--only", "--strategy", maker], environment)
    await until("the floor", () => phaseIs("running")() || running.process.exitCode !== null, running.stderr)
    expect(running.stderr()).toContain("DATABASE_URL")
    const second = await outcry.run(["start", "--port", "0", "--data", "other"], environment)
    expect(second.stderr).toMatch(/OUTCRY-2001 Another floor is running on this database/)
    expect(second.code).toBe(4)
    running.process.kill("SIGTERM")
    const result = await running.ended
    expect(result.code, result.stdout + result.stderr).toBe(0)
    expect(outcry.processes().filter((line) => !line.includes("postgres"))).toEqual([])
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
})

it("undoes what it had started when it is asked to stop during the start", async () => {
  const running = outcry.spawn(["start", "--port", "0"])
  await until("the database", () => running.stderr().includes("embedded Postgres"), running.stderr)
  running.process.kill("SIGTERM")
  const result = await running.ended
  expect(result.stderr).toContain("stopped during the start")
  expect(result.code).toBe(143)
  nothingLeft()
})

it("ends with an error when the exchange dies, and leaves nothing running", async () => {
  const running = await startFloor(
    1,
    "--only",
    "--strategy",
    join(import.meta.dirname, "..", "..", "examples", "02-market-maker.ts")
  )
  process.kill(outcry.child("exchange"), "SIGKILL")
  const result = await running.ended
  expect(result.stderr).toMatch(/OUTCRY-2006 The exchange ended by SIGKILL/)
  expect(result.code).toBe(1)
  nothingLeft()
})
