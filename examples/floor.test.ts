/**
 * The floor as a new user meets it: `outcry start` with the examples, the README's strategy from a file of its own and
 * one strategy that cannot trade; a client, the other commands, a node killed while it trades, Ctrl-C. One run, which the
 * tests look at from several sides: the report, the exchange's log, a second receiver of the spans, the terminal.
 */
import { Report } from "@outcry/runtime/report/Report"
import { codeBlocks } from "@outcry/testkit/CodeBlocks"
import { LiveFloor, type LoggedFill } from "@outcry/testkit/LiveFloor"
import { OtlpReceiver } from "@outcry/testkit/OtlpReceiver"
import { Outcry, type Result, type Running, until } from "@outcry/testkit/Outcry"
import { Schema } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"

const snippet = codeBlocks(readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8")).find(
  ({ language }) => language === "ts"
)!.text

const trading = ["moving-average-cross", "market-maker", "pairs-spread", "dip-buyer"]
/** The moving-average cross again, with orders too small for the venue. */
const tooSmall = "moving-average-cross-2"
const stages = [
  "feed.tick",
  "strategy.signal",
  "strategy.intent",
  "account.risk",
  "journal.append",
  "venue.submit",
  "venue.ack",
  "venue.fill"
]

const outcry = new Outcry()
let receiver: OtlpReceiver
let floor: LiveFloor
/** What the run left behind for the tests. */
const seen = {
  home: "",
  killedAtMs: 0,
  order: "",
  traceId: "",
  status: undefined as Result | undefined,
  statusJson: undefined as Result | undefined,
  explained: undefined as Result | undefined,
  explainedJson: undefined as Result | undefined,
  trace: undefined as Result | undefined,
  client: undefined as Result | undefined,
  ended: undefined as Result | undefined,
  due: [] as ReadonlyArray<string>,
  left: [] as ReadonlyArray<string>
}

const example = (name: string): string => join(import.meta.dirname, name)

/** An order with all stages, in a trace that no other order shares, over more than one process. */
const wholeTrace = (): { readonly order: string; readonly traceId: string } | undefined => {
  for (const [traceId, spans] of receiver.traces) {
    const orders = new Set(spans.flatMap((span) => span.orders))
    const names = new Set(spans.map(({ name }) => name))
    const processes = new Set(spans.map(({ pid }) => pid))
    if (orders.size === 1 && processes.size > 1 && stages.every((stage) => names.has(stage)))
      return { order: [...orders][0]!, traceId }
  }
  return undefined
}

const fillsOf = async (account: string): Promise<number> =>
  (await floor.status()).accounts
    .filter((row) => row.account === account)
    .flatMap(({ positions }) => positions.filter(({ strategy }) => strategy === ""))
    .reduce((total, { fills }) => total + fills, 0)

const tradeOf = ({ account, symbol, tradeId }: Pick<LoggedFill, "account" | "symbol" | "tradeId">): string =>
  `${account} ${symbol} ${tradeId}`

const printed = (text: string, kind: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => line.slice(14).startsWith(kind))

/** The trades of the fills that the client printed. */
const shownTrades = (text: string): ReadonlyArray<string> =>
  printed(text, "fill").map((line) => {
    const [, account = "", instrument = "", tradeId = ""] = /(paper-\d) .* sim:(\S+) at .* trade (\d+)/.exec(line) ?? []
    return tradeOf({ account, symbol: instrument.replace("/", ""), tradeId })
  })

/** A client at the node that carries the market maker's account. */
const clientAtHome = async (): Promise<Running> => {
  const isHere = ({ account }: { readonly account: string }) => account === "paper-2"
  const { accounts } = await floor.waitFor("the account", (status) => status.accounts.some(isHere))
  seen.home = accounts.find(isHere)!.node
  const client = outcry.spawnProgram(example("04-websocket-client.ts"), ["--node", seen.home, "--for", "600"])
  await until("the client's subscriptions", () => client.stderr().includes("subscribed to"), client.stderr)
  return client
}

/** Accounts that the exchange has filled orders of since the kill. */
const filledSince = (): ReadonlySet<string> =>
  new Set(
    floor
      .loggedFills()
      .filter(({ timeMs }) => timeMs > seen.killedAtMs)
      .map(({ account }) => account)
  )

const lookAround = async (): Promise<void> => {
  await floor.waitFor("a fill of every strategy", ({ strategies }) =>
    strategies.every(({ fills, intents, strategy }) => (strategy === tooSmall ? intents > 1 : fills > 0))
  )
  seen.status = await outcry.run(["status"])
  seen.statusJson = await outcry.run(["status", "--json"])
  seen.explained = await outcry.run(["explain", tooSmall])
  seen.explainedJson = await outcry.run(["explain", tooSmall, "--json"])
  await until("a whole trace", () => wholeTrace() !== undefined, floor.running.stderr)
  Object.assign(seen, wholeTrace())
  seen.trace = await outcry.run(["trace", seen.order])
}

/** That node, and with it the client's gateway, dies. */
const killNode = async (client: Running): Promise<void> => {
  seen.killedAtMs = performance.timeOrigin + performance.now()
  process.kill(outcry.child(seen.home), "SIGKILL")
  await until("the node's return", () => floor.running.stderr().includes(`${seen.home} is back`), floor.running.stderr)
  const lines = client.stdout().length
  await until("the client's return", () => (client.stderr().match(/ open\n/g) ?? []).length > 1, client.stderr)
  await until("a fill at the client", () => /  fill +paper-2/.test(client.stdout().slice(lines)), client.stderr)
  const before = await fillsOf("paper-2")
  await until("fills after the failover", async () => (await fillsOf("paper-2")) > before + 1, floor.running.stderr)
  await until("a fill of the other account", () => filledSince().has("paper-1"), floor.running.stderr)
  seen.due = floor.loggedFills().map(tradeOf)
  const hasAll = () => {
    const shown = new Set(shownTrades(client.stdout()))
    return seen.due.every((trade) => shown.has(trade))
  }
  await until("every fill so far at the client", hasAll, () => seen.due.slice(-5).join("\n"))
}

beforeAll(async () => {
  receiver = await OtlpReceiver.start()
  writeFileSync(join(outcry.folder, "my-strategy.ts"), snippet)
  const refused = `${example("01-moving-average-cross.ts")}:{"quantity":"0.00001"}`
  floor = await LiveFloor.start(outcry, ["--nodes", "3", "--strategy", "./my-strategy.ts", "--strategy", refused], {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url
  })
  await lookAround()
  const client = await clientAtHome()
  await killNode(client)
  client.process.kill("SIGINT")
  seen.client = await client.ended
  seen.ended = await floor.stop()
  seen.left = outcry.processes()
}, 240_000)

afterAll(async () => {
  await outcry.close()
  await receiver.close()
})

const report = (): Report => Schema.decodeUnknownSync(Report)(floor.report())

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

it("ends clean on Ctrl-C and leaves no process behind", () => {
  expect(seen.ended?.code, seen.ended?.stderr).toBe(0)
  expect(seen.ended?.stdout).toMatch(/0 lost, 0 duplicated, 0 misfilled, 0 invariants violated/)
  expect(seen.left).toEqual([])
})

it("reports everything that a run is judged by", () => {
  expect(floor.report()).toEqual(
    expect.objectContaining({
      nodes: expect.any(Array),
      feeds: expect.any(Array),
      strategies: expect.any(Array),
      orders: expect.objectContaining({
        byState: expect.any(Object),
        rejected: expect.any(Object),
        unknown: expect.any(Object),
        NotPlaced: expect.any(Object)
      }),
      fills: expect.any(Number),
      positions: expect.any(Array),
      pnl: expect.any(Object),
      latency: expect.any(Object),
      failovers: expect.any(Array),
      invariantViolations: [],
      ordersLost: 0,
      ordersDuplicated: 0
    })
  )
})

it("reports what the floor was and did", () => {
  const { feeds, latency, nodes, orders, strategies } = report()
  expect(nodes.map(({ name }) => name)).toEqual(["node-1", "node-2", "node-3"])
  expect(feeds.map(({ condition, instrument }) => [instrument, condition])).toEqual([
    ["sim:BTC/USDT", "live"],
    ["sim:ETH/USDT", "live"]
  ])
  for (const name of trading) expect(strategies.find((each) => each.name === name)?.fills, name).toBeGreaterThan(0)
  expect(sum(orders.byState)).toBe(orders.total)
  expect(sum(orders.rejected)).toBe(orders.byState["rejected"] ?? 0)
  expect(sum(orders.unknown)).toBe(orders.byState["unknown"] ?? 0)
  expect(sum(orders.NotPlaced)).toBe(orders.byState["notPlaced"] ?? 0)
  for (const { count, max, p50 } of Object.values(latency)) {
    expect(count).toBeGreaterThan(0)
    expect(max).toBeGreaterThanOrEqual(p50 ?? Infinity)
  }
})

/** Decimal text as a whole number of 10⁻⁸, exact. */
const units = (decimal: string): bigint => {
  const [whole = "", fraction = ""] = decimal.replace("-", "").split(".")
  const size = BigInt(whole + fraction.padEnd(8, "0"))
  return decimal.startsWith("-") ? -size : size
}

it("reports the fills and positions that the exchange's own log adds up to", () => {
  const { fills, positions, strategies } = report()
  const logged = floor.loggedFills()
  expect(fills).toBe(logged.length)
  expect(strategies.reduce((total, each) => total + each.fills, 0)).toBe(logged.length)
  const net = new Map<string, bigint>()
  for (const { account, quantity, side, symbol } of logged) {
    const key = `${account} ${symbol}`
    net.set(key, (net.get(key) ?? 0n) + (side === "buy" ? units(quantity) : -units(quantity)))
  }
  const reported = positions.map(
    ({ account, instrument, quantity }) =>
      [`${account} ${instrument.slice("sim:".length).replace("/", "")}`, units(quantity)] as const
  )
  expect(new Map(reported)).toEqual(net)
})

it("goes on trading when a node is killed, and reports the failover", () => {
  const { failovers } = report()
  expect(failovers).toHaveLength(1)
  const [failover] = failovers
  expect(failover).toMatchObject({ node: seen.home, ended: "ended by SIGKILL" })
  expect(failover?.accountsMoved).toContain("paper-2")
  expect(failover?.recoveredMs).not.toBeNull()
  expect(failover?.restartedMs).not.toBeNull()
  expect(filledSince()).toEqual(new Set(["paper-1", "paper-2"]))
})

it("shows where every actor lives", () => {
  expect(seen.statusJson?.code, seen.statusJson?.stderr).toBe(0)
  const { floor: shown, nodes } = JSON.parse(seen.statusJson?.stdout ?? "")
  expect(shown.missing).toEqual([])
  const names = nodes.map(({ node }: { readonly node: string }) => node)
  expect(names).toEqual(["node-1", "node-2", "node-3"])
  for (const actor of [...shown.feeds, ...shown.accounts, ...shown.strategies]) expect(names).toContain(actor.node)
  const known = ["sim:BTC/USDT", "sim:ETH/USDT", "paper-1", "paper-2", ...trading, tooSmall]
  for (const actor of known) expect(seen.status?.stdout).toMatch(new RegExp(`  ${actor} +node-\\d  `))
})

it("explains why a strategy does not trade: which check stopped how many of its intents", () => {
  const funnel = JSON.parse(seen.explainedJson?.stdout ?? "")
  const passed = funnel.stages.find(({ stage }: { readonly stage: string }) => stage === "checks passed").count
  const check = funnel.checks.find((each: { readonly check: string }) => each.check === "NotionalBelowMin")
  expect(funnel.blockedBy).toBe("NotionalBelowMin")
  expect(passed).toBe(0)
  expect(check.stopped).toBeGreaterThan(1)
  expect(seen.explained?.stdout).toMatch(/The check NotionalBelowMin stopped \d+ of its \d+ intents/)
  const reported = report().strategies.find(({ name }) => name === tooSmall)
  expect(reported).toMatchObject({ orders: 0, fills: 0 })
  expect(reported?.refused["NotionalBelowMin"]).toBeGreaterThanOrEqual(check.stopped)
  expect(reported?.blockedBy).toContain("NotionalBelowMin")
})

it("runs the README's strategy from a file outside the repository, in at most 25 lines", () => {
  expect(snippet.trimEnd().split("\n").length).toBeLessThanOrEqual(25)
  const reported = report().strategies.find(({ name }) => name === "dip-buyer")
  expect(reported?.orders).toBeGreaterThan(0)
  expect(reported?.fills).toBeGreaterThan(0)
  expect(reported?.blockedBy).toBe("")
})

interface Tree {
  readonly span: { readonly spanId: string; readonly traceId: string; readonly pid: number; readonly name: string }
  readonly children: ReadonlyArray<Tree>
}

const flatten = (tree: Tree): ReadonlyArray<Tree["span"]> => [tree.span, ...tree.children.flatMap(flatten)]

it("traces an order from tick to fill over two processes, span for span as another OTLP endpoint got it", async () => {
  expect(seen.trace?.stdout).toMatch(/^stages: tick → signal → intent → risk → journal → submit → ack → fill$/m)
  const { code, stderr, stdout } = await outcry.run(["trace", seen.order, "--json"])
  expect(code, stderr).toBe(0)
  const { summary, trees } = JSON.parse(stdout)
  expect(summary).toMatchObject({ missing: [], errors: 0, orphans: 0 })
  expect(summary.processes).toBeGreaterThan(1)
  const shown = trees.flatMap(({ roots }: { readonly roots: ReadonlyArray<Tree> }) => roots.flatMap(flatten))
  const ids = (spans: ReadonlyArray<{ readonly spanId: string }>) => spans.map(({ spanId }) => spanId).toSorted()
  const received = receiver.traces.get(seen.traceId) ?? []
  expect(ids(shown)).toEqual(ids(received))
  expect(new Set(shown.map(({ traceId }: Tree["span"]) => traceId))).toEqual(new Set([seen.traceId]))
})

it("streams prices, orders, fills, positions and strategies to the example client", () => {
  expect(seen.client?.code, seen.client?.stderr).toBe(0)
  const lines = (kind: string) => printed(seen.client?.stdout ?? "", kind)
  for (const instrument of ["sim:BTC/USDT", "sim:ETH/USDT"])
    expect(lines("price").some((line) => line.includes(instrument))).toBe(true)
  expect(lines("order").some((line) => line.endsWith("OrderFilled"))).toBe(true)
  for (const account of ["paper-1", "paper-2"])
    expect(lines("position").some((line) => line.includes(account))).toBe(true)
  for (const strategy of trading) expect(lines("strategy").some((line) => line.includes(strategy))).toBe(true)
})

it("resumes the example client after its node died: no fill is missing, none came twice", () => {
  const shown = shownTrades(seen.client?.stdout ?? "")
  expect(new Set(shown).size).toBe(shown.length)
  const logged = floor.loggedFills()
  expect(logged.map(tradeOf)).toEqual(expect.arrayContaining([...shown]))
  expect(shown).toEqual(expect.arrayContaining([...seen.due]))
  const late = new Set(logged.filter(({ timeMs }) => timeMs > seen.killedAtMs).map(tradeOf))
  expect(seen.due.some((trade) => late.has(trade))).toBe(true)
})
