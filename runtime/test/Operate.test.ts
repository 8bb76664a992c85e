/** What an operator does about a real small floor: looks, resolves, halts, closes, and verifies it running and stopped. */
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { FloorFile } from "../src/FloorConfig.ts"
import { damage } from "./DamagedDatabase.ts"
import { expectError, Outcry, type Running, until } from "./Outcry.ts"

let outcry: Outcry
let running: Running
/** An order that was filled before anything went wrong. */
let filled: Row

const root = join(import.meta.dirname, "..", "..")
const maker = join(root, "examples", "02-market-maker.ts")
const program = join(root, "runtime", "src", "main.ts")

const floorFile = () =>
  Schema.decodeUnknownSync(FloorFile)(JSON.parse(readFileSync(join(outcry.data, "floor.json"), "utf8")))

const setFaults = async (rules: ReadonlyArray<unknown>): Promise<void> => {
  const response = await fetch(`${floorFile().venues[0]!.restUrl}/sim/faults`, {
    method: "PUT",
    body: JSON.stringify({ rules })
  })
  expect(response.status, await response.text()).toBe(200)
}

interface Row {
  readonly clientOrderId: string
  readonly strategy: string
  readonly status: string
}

interface Seen {
  readonly orders?: ReadonlyArray<Row>
  readonly accounts: ReadonlyArray<{
    readonly positions: ReadonlyArray<{ readonly strategy: string; readonly quantity: string }>
  }>
  readonly strategies: ReadonlyArray<{ readonly intents: number }>
}

/** Straight from the gateway: looking often must not cost a process each. */
const ask = async (path: string): Promise<Seen> => {
  const { gateways, token } = outcry.runFile()
  const response = await fetch(`${gateways[0]!.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
  return (await response.json()) as Seen
}

const ordersIn = async (status: string): Promise<ReadonlyArray<Row>> =>
  (await ask(`/orders?status=${status}`)).orders ?? []

/** Net quantities of every account's positions. */
const quantities = async (): Promise<ReadonlyArray<string>> =>
  (await ask("/accounts")).accounts.flatMap(({ positions }) =>
    positions.filter(({ strategy }) => strategy === "").map(({ quantity }) => quantity)
  )

/** The latest intent of the strategy that was refused; undefined while its latest few were not. */
const latestRefused = async (): Promise<string | undefined> => {
  const intents = (await ask("/status")).strategies[0]?.intents ?? 0
  for (const seq of [intents, intents - 1, intents - 2]) {
    const { stdout } = await outcry.run(["why", `market-maker/${seq}`, "--json"])
    if (stdout !== "" && JSON.parse(stdout).status === "refused") return `market-maker/${seq}`
  }
  return undefined
}

const verify = async (...args: ReadonlyArray<string>) => {
  const { code, stderr, stdout } = await outcry.run(["verify", ...args, "--json"])
  expect(stdout, stderr).not.toBe("")
  return { code, ...JSON.parse(stdout) }
}

const why = async (order: string) => {
  const { code, stderr, stdout } = await outcry.run(["why", order, "--json"])
  expect(code, stderr + stdout).toBe(0)
  return JSON.parse(stdout)
}

beforeAll(async () => {
  outcry = new Outcry()
  outcry.seedDatabase()
  // The first argument is node's own: the exchange commits faults only where it was started for it.
  running = outcry.spawnProgram("--conditions=faults", [
    program,
    "start",
    "--nodes",
    "1",
    "--port",
    "0",
    "--only",
    "--strategy",
    maker
  ])
  await until("the floor", () => outcry.isIn("running") || running.process.exitCode !== null, running.stderr)
  expect(running.process.exitCode, running.stderr()).toBe(null)
  await until("a fill", async () => {
    const found = (await ordersIn("all")).find(({ status }) => status === "filled")
    if (found !== undefined) filled = found
    return found !== undefined
  })
})
afterAll(() => outcry.close())

describe("a floor that runs", () => {
  it("tells of an order, by any of its names, what it was decided on and what went over the wire", async () => {
    const told = await why(filled.clientOrderId)
    expect(told).toMatchObject({
      account: "paper-1",
      strategy: "market-maker",
      status: "filled",
      decision: { same: true, tradingState: "active" },
      cost: { currency: "USDT" }
    })
    expect(told.life.map(({ type }: { type: string }) => type)).toEqual(
      expect.arrayContaining(["OrderIntended", "OrderAccepted", "OrderFilled"])
    )
    await until("its wire log", async () => (await why(filled.clientOrderId)).wire.length > 0)
    const [sent] = (await why(told.venueOrderId)).wire
    expect(sent.request).toContain(filled.clientOrderId)
    expect(sent.request).toMatch(/signature=(?![0-9a-f]{8})/)
    expect(sent.response).toContain(told.venueOrderId)
    expect((await why(`market-maker/${told.intentSeq}`)).clientOrderId).toBe(filled.clientOrderId)
    expectError(await outcry.run(["why", "nobody"]), "OUTCRY-3003", 2, /orders --status all/)
  })

  it("verifies against what is live", async () => {
    expect(await verify()).toMatchObject({
      code: 0,
      sound: true,
      accounts: [
        { account: "paper-1", sound: true, live: { same: true } },
        { account: "paper-2", sound: true, live: { same: true } }
      ]
    })
    expectError(await outcry.run(["verify", "nobody"]), "OUTCRY-3005", 2, /nobody.*paper-1, paper-2/s)
  })

  it("shows an order of unknown fate, what it stops, and settles it by an operator's word alone", async () => {
    // The venue loses one request and does not say so; what asks it later gets no answer.
    await setFaults([
      { kind: "resetBeforeAccept", count: 1 },
      { kind: "errorBeforeAccept", method: "GET", path: "/api/v3/order" }
    ])
    let unknown: Row | undefined
    await until("an order of unknown fate", async () => {
      unknown = (await ordersIn("unknown"))[0]
      return unknown !== undefined
    })
    const id = unknown!.clientOrderId
    const status = await outcry.run(["status"])
    expect(status.stderr).toMatch(new RegExp(`the fate of ${id} is unknown`))
    const shown = await outcry.run(["orders", "--status", "unknown"])
    expect(shown.stdout).toContain(id)
    expect(shown.stderr).toContain("order resolve ORDER")

    // Only what is unknown can be resolved, and not without a word of consent.
    const resolve = (order: string, ...args: ReadonlyArray<string>) =>
      outcry.run(["order", "resolve", order, "--by", "ann", "--reason", "never received", ...args])
    expectError(
      await resolve(filled.clientOrderId, "--as", "notPlaced", "--yes"),
      "OUTCRY-3006",
      1,
      /is filled: only an order whose fate is unknown/
    )
    expectError(await resolve(id, "--as", "filled", "--yes"), "OUTCRY-1001", 2, /--price P/)
    expectError(await resolve(id, "--as", "notPlaced"), "OUTCRY-1001", 2, /Nobody is there to confirm it.*--yes/s)
    const resolved = await resolve(id.slice(0, 14), "--as", "notPlaced", "--yes")
    expect(resolved.stdout).toBe(`${id} of paper-1 is notPlaced, 0.0000 filled\n`)
    expect(await why(id)).toMatchObject({
      status: "notPlaced",
      life: expect.arrayContaining([
        expect.objectContaining({ type: "OrderResolved", text: "as notPlaced by ann: never received" })
      ])
    })
    await setFaults([])
  })

  it("halts an account, closes what it holds all the same, and resumes it", async () => {
    const account = (...args: ReadonlyArray<string>) =>
      outcry.run(["account", ...args, "--by", "ann", "--reason", "a test"])
    expect((await account("halt", "paper-1")).stdout).toMatch(/^paper-1 is halted/)
    let refused: string | undefined
    await until("an intent that it refuses", async () => (refused = await latestRefused()) !== undefined)
    expect(await why(refused!)).toMatchObject({
      status: "refused",
      reason: expect.stringMatching(/^(TradingHalted|OrderNotOpen)/),
      decision: { same: true }
    })
    expect((await outcry.run(["order", "cancel", "--all", "--account", "paper-1", "--reason", "a test"])).code).toBe(0)
    await until("no open orders", async () => (await ordersIn("open")).length === 0)
    expectError(await account("close", "paper-1"), "OUTCRY-1001", 2, /--yes/)
    expect((await account("close", "paper-1", "--yes")).code).toBe(0)
    await until("a flat account", async () => {
      const held = await quantities()
      return held.length > 0 && held.every((quantity) => Number(quantity) === 0)
    })
    expectError(await account("halt", "nobody"), "OUTCRY-3005", 2, /nobody/)
    expectError(
      await account("adjust", "paper-1", "--asset", "USDT", "--amount", "lots", "--yes"),
      "OUTCRY-1001",
      2,
      /amount: a decimal/
    )
    expect((await account("resume", "paper-1")).stdout).toMatch(/^paper-1 is active/)
    const orders = (await ordersIn("all")).length
    await until("trading again", async () => (await ordersIn("all")).length > orders)
  })

  it("gives an account's books", async () => {
    const statement = await outcry.run(["account", "statement", "paper-1", "--csv"])
    expect(statement.stdout).toMatch(/^date,account,asset,kind,amount\r?\n.*,paper-1,BTC,opening,0\r?\n/)
    expect((await outcry.run(["account", "tax-lots", "paper-1"])).stdout).toMatch(/^account,strategy,instrument,/)
  })
})

it("verifies a floor that has stopped, names a damaged row and what to do, and leaves nothing behind", async () => {
  running.process.kill("SIGINT")
  const ended = await running.ended
  expect(ended.code, ended.stdout + ended.stderr).toBe(0)
  expect(ended.stdout).toMatch(/0 lost, 0 duplicated, 0 misfilled, 0 invariants violated/)
  expectError(await outcry.run(["orders"]), "OUTCRY-3001", 3, /outcry start/)

  expect(await verify()).toMatchObject({ code: 0, sound: true, accounts: [{ live: null }, { live: null }] })
  expect(await why(filled.clientOrderId)).toMatchObject({ decision: { same: true } })
  await damage(
    outcry.data,
    `UPDATE journal SET payload = payload || '{"reason":"x"}' WHERE entity_id = 'Account/paper-1' AND seq = 7`
  )
  const damaged = await outcry.run(["verify", "paper-1"])
  expect(damaged.code).toBe(1)
  expect(damaged.stdout).toMatch(
    /paper-1: row 7 \(\w+\) does not have its own checksum\.\n {2}Do not trade paper-1\. Restore/
  )
  expectError(await outcry.run(["account", "statement", "paper-1"]), "OUTCRY-3007", 1, /outcry verify paper-1/)
  expect(await verify("paper-2")).toMatchObject({ code: 0, sound: true })
  expect(outcry.processes()).toEqual([])
})
