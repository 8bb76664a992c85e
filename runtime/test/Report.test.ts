import type { Verdict } from "@outcry/exchange-sim/Checker"
import { AccountStatus } from "@outcry/actor-account/Protocol"
import { StrategyStatus } from "@outcry/actor-strategy/Protocol"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import { versionKey } from "@outcry/model/AccountState"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { describe, expect, it } from "vitest"
import { Schema } from "effect"
import { AccountFold } from "../src/report/AccountReplay.ts"
import { funnel } from "../src/report/Funnel.ts"
import type { JournalFact } from "../src/report/JournalFacts.ts"
import { distribution } from "../src/report/Latency.ts"
import { isClean, Report } from "../src/report/Report.ts"
import { buildReport, type ReportInput } from "../src/report/ReportBuilder.ts"
import { reportText } from "../src/report/ReportText.ts"

const account = "alpha"

const factsOf = (fixture: AccountFixture): ReadonlyArray<JournalFact> =>
  fixture.events.map((event, index) => ({
    entityId: `Account/${account}`,
    seq: index + 1,
    type: event.type,
    version: AccountEventCodec.versions[event.type],
    timeUs: fixture.now + 5_000,
    payload: JSON.parse(
      JSON.stringify(
        AccountEventCodec.encode(event, (id, version) => fixture.state.versions.get(versionKey(id, version)))
      )
    )
  }))

const strategy = (over: Partial<StrategyStatus> = {}) =>
  new StrategyStatus({
    strategy: "s1",
    definition: "s1",
    version: 1,
    account,
    node: "node-1",
    condition: "running",
    detail: "",
    parameters: {},
    feeds: ["sim:BTC/USDT"],
    events: [{ kind: "bar", count: 10 }],
    warmupBarsLeft: 0,
    signals: [{ name: "cross", count: 3, last: 1 }],
    intents: 3,
    refused: [],
    orders: 3,
    fills: 1,
    errors: 0,
    restarts: 0,
    lastError: "",
    ...over
  })

const live = (fixture: AccountFixture, over: Partial<AccountStatus> = {}) =>
  new AccountStatus({
    account,
    venue: "sim",
    node: "node-1",
    epoch: 1,
    seq: fixture.state.seq,
    condition: "ready",
    tradingState: "active",
    balances: [],
    positions: [],
    fees: [],
    openOrders: [],
    strategies: Array.from(fixture.state.strategies, ([name, record]) => ({
      strategy: name,
      intentSeq: record.intentSeq,
      placed: record.placed,
      refused: Array.from(record.refused, ([reason, count]) => ({ reason, count })),
      outcomes: Array.from(record.outcomes, ([status, count]) => ({ status, count }))
    })),
    unknownOrders: 0,
    differences: 0,
    stateHash: stateHash(fixture.state),
    ...over
  })

const nothingFound: Verdict = {
  ordersJoined: 0,
  ordersLost: [],
  ordersDuplicated: [],
  misfilled: [],
  foreign: [],
  open: [],
  unknown: [],
  notPlaced: [],
  rejected: [],
  held: [],
  pending: []
}

/** One order filled, one rejected, one not placed, one unknown, one refused. */
const trading = () => {
  const fixture = new AccountFixture()
  const filled = fixture.working()
  fixture.run(fixture.filled(filled, { fee: 6_000_000_000_000n / 10_000n }))
  fixture.run({
    type: "ReportRejected",
    clientOrderId: fixture.placed(),
    code: "-2010",
    reason: "insufficient balance"
  })
  fixture.run({ type: "ReportNotPlaced", clientOrderId: fixture.placed(), reason: "absent three times" })
  fixture.run({ type: "ReportUnknown", clientOrderId: fixture.placed(), reason: "time-out" })
  fixture.place({ lots: 0 }, "s2", "sim:ETH/USDT")
  return { fixture, filled }
}

const input = (fixture: AccountFixture, over: Partial<ReportInput> = {}): ReportInput => {
  const fold = new AccountFold(account, fixture.state.seq)
  for (const fact of factsOf(fixture)) fold.add(fact)
  const status = {
    node: "node-1",
    timeMs: 0,
    accounts: [live(fixture)],
    strategies: [strategy()],
    missing: [],
    feeds: []
  }
  return {
    run: {
      runId: "run",
      seed: 1,
      market: { kind: "agents", recordings: [] },
      startedAt: "2026-01-01T00:00:00.000Z",
      endedAt: "2026-01-01T00:01:00.000Z",
      durationSeconds: 60,
      endedBy: "--for 60 s",
      warnings: []
    },
    replays: [fold.end()],
    fillSums: [{ entityId: `Account/${account}`, instrument: "sim:BTC/USDT", quantity: "0.01", fills: 1 }],
    verdict: nothingFound,
    status,
    running: status,
    nodes: [{ name: "node-1", starts: 1 }],
    failovers: [],
    latency: { tickToIntentMs: [], intentToDurableMs: [] },
    violations: [],
    ...over
  }
}

describe("the report", () => {
  it("counts orders by final state, with the reasons of rejected, unknown and NotPlaced", () => {
    const report = buildReport(input(trading().fixture))
    expect(report.orders).toEqual({
      total: 4,
      byState: { filled: 1, notPlaced: 1, rejected: 1, unknown: 1 },
      rejected: { "-2010 insufficient balance": 1 },
      unknown: { "time-out": 1 },
      NotPlaced: { "absent three times": 1 },
      unknownSettled: 0,
      held: 0,
      triggered: 0,
      resubmitted: 0,
      resolved: 0,
      provisional: 0,
      busted: 0,
      refused: { InvalidQuantity: 1 }
    })
    expect(report.fills).toBe(1)
    expect(report.strategies[0]).toMatchObject({ name: "s1", fills: 1, orders: 4, blockedBy: "" })
    expect(report.latency.intentToAckMs).toEqual({ count: 1, p50: 5, p99: 5, max: 5 })
    expect(report.invariantViolations).toEqual([])
    expect(isClean(report)).toBe(true)
    expect(Schema.decodeUnknownSync(Report)(JSON.parse(JSON.stringify(report)))).toEqual(report)
  })

  it("says what an unknown order became once its fate is known", () => {
    const fixture = new AccountFixture()
    const id = fixture.placed()
    fixture.run({ type: "ReportUnknown", clientOrderId: id, reason: "time-out" })
    fixture.run(fixture.shown(id))
    const { orders } = buildReport(input(fixture, { fillSums: [] }))
    expect(orders).toMatchObject({ byState: { working: 1 }, unknown: {}, unknownSettled: 1 })
  })

  it("finds a position that is not the sum of its unique fills", () => {
    const { fixture } = trading()
    const wrong = [{ entityId: `Account/${account}`, instrument: "sim:BTC/USDT", quantity: "0.02", fills: 1 }]
    const report = buildReport(input(fixture, { fillSums: wrong }))
    expect(report.invariantViolations).toEqual([
      "alpha: position in sim:BTC/USDT is 0.01000, the sum of its unique fills 0.02"
    ])
    expect(isClean(report)).toBe(false)
  })

  it("finds fills that no position knows", () => {
    const { fixture } = trading()
    const sums = [
      ...input(fixture).fillSums,
      { entityId: "Account/alpha", instrument: "sim:ETH/USDT", quantity: "1", fills: 1 }
    ]
    expect(buildReport(input(fixture, { fillSums: sums })).invariantViolations).toEqual([
      "Account/alpha: fills in sim:ETH/USDT have no position"
    ])
  })

  it("finds a live state that the journal does not lead to", () => {
    const { fixture } = trading()
    const status = { ...input(fixture).status!, accounts: [live(fixture, { stateHash: "other" })] }
    expect(buildReport(input(fixture, { status })).invariantViolations[0]).toMatch(
      /replayed state differs from the live one/
    )
  })

  it("finds rows that the live account had and the journal lost", () => {
    const { fixture } = trading()
    const status = { ...input(fixture).status!, accounts: [live(fixture, { seq: fixture.state.seq + 1 })] }
    expect(buildReport(input(fixture, { status })).invariantViolations[0]).toMatch(/stood at row/)
  })

  it("does not call a run clean whose accounts could not be compared", () => {
    const report = buildReport(input(trading().fixture, { status: undefined, running: undefined }))
    expect(report.invariantViolations[0]).toMatch(/did not answer at the stop/)
  })

  it("finds a gap in the journal, and what cannot be replayed", () => {
    const facts = factsOf(trading().fixture)
    const gap = new AccountFold(account, undefined)
    for (const fact of facts) if (fact.seq !== 4) gap.add(fact)
    expect(gap.end().violations[0]).toMatch(/row 5 .* cannot be replayed: row 5 follows row 3/)
    const damaged = new AccountFold(account, undefined)
    for (const fact of facts)
      damaged.add(fact.type === "OrderFilled" ? { ...fact, payload: { ...fact.payload, price: "x" } } : fact)
    expect(damaged.end().violations[0]).toMatch(/OrderFilled.* cannot be replayed/)
  })

  it("takes lost, doubled and misfilled orders from the checker, and is not clean with any", () => {
    const finding = [{ clientOrderId: "oc", reason: "why" }]
    for (const key of ["ordersLost", "ordersDuplicated", "misfilled"] as const) {
      const report = buildReport(input(trading().fixture, { verdict: { ...nothingFound, [key]: finding } }))
      expect(isClean(report)).toBe(false)
      expect(reportText(report)).toContain("oc: why")
    }
  })

  it("adds up profit and loss with commissions in other assets at the last marks", () => {
    const fixture = new AccountFixture()
    const id = fixture.working()
    fixture.run(fixture.filled(id, { fee: 10_000_000n, feeAsset: "BTC" }))
    const feed = {
      instrument: "sim:BTC/USDT",
      node: "node-1",
      feedEpoch: 1,
      seq: 1,
      condition: "live" as const,
      bid: "61000.00",
      ask: "61000.00"
    }
    const feeds = [{ ...feed, last: "", ageMs: 0, gaps: 0, subscribers: 0, clockOffsetMs: 0 }]
    const { pnl } = buildReport(input(fixture, { status: { ...input(fixture).status!, feeds } }))
    // 0.01 BTC bought at 60,000 is worth 10 more at 61,000; 0.00001 BTC of commission is worth 0.61.
    expect(pnl).toMatchObject({
      realised: "0.00",
      unrealised: "10.00",
      fees: { BTC: "0.00001" },
      feesTotal: "0.61",
      net: "9.39"
    })
  })
})

describe("distributions", () => {
  it("are times that were measured", () => {
    expect(distribution([])).toEqual({ count: 0, p50: null, p99: null, max: null })
    expect(distribution([3, 1, 2])).toEqual({ count: 3, p50: 2, p99: 3, max: 3 })
    expect(distribution(Array.from({ length: 1000 }, (_, n) => n + 1))).toMatchObject({ p50: 500, p99: 990, max: 1000 })
  })
})

describe("explain names the stage that blocks", () => {
  const quiet = { fills: 0, orders: 0, intents: 0, signals: [] }
  it.each([
    ["feed", { ...quiet, events: [] }, /No event has reached it from sim:BTC\/USDT/],
    ["warm-up", { ...quiet, warmupBarsLeft: 7 }, /7 bars to go/],
    ["signal", quiet, /10 events and no signal/],
    ["intent", { ...quiet, signals: [{ name: "cross", count: 2, last: 1 }] }, /2 signals and asked for no order/],
    ["supervision", { ...quiet, condition: "locked" as const, errors: 5, lastError: "boom" }, /threw 5 times.*boom/],
    ["pause", { ...quiet, condition: "paused" as const }, /paused/],
    ["start", { ...quiet, condition: "waiting" as const, detail: "account alpha" }, /account alpha/]
  ])("%s", (stage, status, words) => {
    const seen = funnel(strategy(status), live(new AccountFixture()))
    expect(seen.blockedBy).toBe(stage)
    expect(seen.verdict).toMatch(words)
    expect(seen.hint).not.toBe("")
  })

  it("the check that stopped its intents, with counts and the last figures", () => {
    const fixture = new AccountFixture()
    for (let n = 0; n < 3; n++) fixture.place({ lots: 900_000_001 })
    fixture.place({ lots: 1 })
    const refused = [{ reason: "QuantityAboveMax", count: 3, detail: "9000.00001 is above 9000 BTC" }]
    const seen = funnel(strategy({ ...quiet, intents: 4, refused }), live(fixture))
    expect(seen.blockedBy).toBe("QuantityAboveMax")
    expect(seen.verdict).toBe("The check QuantityAboveMax stopped 3 of its 4 intents.")
    expect(seen.checks.filter(({ stopped }) => stopped > 0)).toEqual([
      { check: "QuantityAboveMax", stopped: 3, passed: 1, example: "9000.00001 is above 9000 BTC" },
      { check: "NotionalBelowMin", stopped: 1, passed: 0, example: "" }
    ])
    expect(seen.stages.find(({ stage }) => stage === "checks passed")?.count).toBe(0)
  })

  it("an intent that its account has not answered as one, and not as passed", () => {
    const fixture = new AccountFixture()
    fixture.place({ lots: 1 })
    const refused = [{ reason: "NotionalBelowMin", count: 1, detail: "" }]
    const seen = funnel(strategy({ ...quiet, intents: 2, refused }), live(fixture))
    expect(seen.stages.find(({ stage }) => stage === "intents")).toMatchObject({
      count: 2,
      detail: "1 not answered yet"
    })
    expect(seen.stages.find(({ stage }) => stage === "checks passed")?.count).toBe(0)
  })

  it("the venue, where orders end without a fill", () => {
    const fixture = new AccountFixture()
    fixture.run({ type: "ReportRejected", clientOrderId: fixture.placed(), code: "-2010", reason: "no" })
    const seen = funnel(strategy({ ...quiet, intents: 1, orders: 1 }), live(fixture))
    expect(seen).toMatchObject({ blockedBy: "venue", verdict: expect.stringContaining("1 rejected") })
  })
})
