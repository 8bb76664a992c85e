/** What a strategy makes of the facts of orders that are held, replaced, tried again or taken back; by the real account. */
import type { Fact, Joined } from "@outcry/actor-account/Protocol"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { encode, versions } from "@outcry/model/AccountEventCodec"
import { versionKey } from "@outcry/model/AccountState"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { assert, describe, it } from "@effect/vitest"
import { FactReader, knowledgeOf, type Told } from "@outcry/model/FactReader"

const btc = btcUsdt.id
const stop = { side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true } as const

/** An account, and a strategy `s1` that reads its facts as they are committed: all of a command at once. */
class Reading {
  readonly account = new AccountFixture()
  readonly reader = new FactReader("s1", { seq: 0, intentSeq: 0, positions: [], orders: [] }, () => btcUsdt)
  private read = 0

  private facts(): ReadonlyArray<Fact> {
    const at = (id: string, version: number) => this.account.state.versions.get(versionKey(id, version))
    const facts = this.account.events.slice(this.read).map((event: AccountEvent, index): Fact => ({
      seq: this.read + index + 1,
      type: event.type,
      version: versions[event.type],
      timeUs: 0,
      payload: JSON.parse(JSON.stringify(encode(event, at))) as Fact["payload"]
    }))
    this.read = this.account.events.length
    return facts
  }

  /** What it is told of everything since the last time. */
  told(): ReadonlyArray<Told> {
    const facts = this.facts()
    return facts.flatMap((fact, index) => this.reader.read(fact, () => facts.slice(index + 1)) ?? [])
  }

  kinds(): ReadonlyArray<string> {
    return this.told().map((told) => told.kind)
  }

  order(clientOrderId: string) {
    return this.reader.knowledge.orders.find((order) => order.clientOrderId === clientOrderId)
  }

  get lots(): number {
    return this.reader.knowledge.positions.find(({ instrument }) => instrument === btc)?.lots ?? 0
  }
}

/** Holds 1,000 lots. */
const holding = (): Reading => {
  const reading = new Reading()
  reading.account.run(reading.account.filled(reading.account.working()))
  reading.told()
  return reading
}

describe("a strategy that reads its account", () => {
  it("sees a held order wait, fire, shrink to what is held and fill", () => {
    const reading = holding()
    reading.account.native = false
    const id = reading.account.linked({ ...stop, lots: 1500 }, {})
    const [placed] = reading.told()
    assert.deepInclude(placed?.kind === "placed" ? placed.order : {}, {
      status: "held",
      type: "stop",
      triggerTicks: 5_900_000,
      reduceOnly: true,
      lots: 1500
    })
    reading.account.tick(5_890_000)
    assert.deepStrictEqual(
      reading.told().map((told) => told.kind === "moved" && told.now),
      [{ status: "triggered" }, { status: "intended", lots: 1000 }]
    )
    reading.account.run(reading.account.shown(id))
    reading.account.run(reading.account.filled(id))
    assert.deepStrictEqual(reading.kinds(), ["moved", "fill"])
    assert.deepStrictEqual([reading.lots, reading.order(id)?.isOpen], [0, false])
  })

  it("follows the trigger of a trailing stop", () => {
    const reading = holding()
    reading.account.native = false
    const id = reading.account.linked({ ...stop, type: "trailingStop", trailTicks: 10_000, lots: 1000 }, {})
    reading.account.tick(6_100_000)
    reading.told()
    assert.strictEqual(reading.order(id)?.triggerTicks, 6_090_000)
  })

  it("counts what the old order filled against the one that replaces it", () => {
    const reading = new Reading()
    const old = reading.account.working()
    const { clientOrderId } = reading.account.modify(old, { priceTicks: 5_990_000 })
    reading.told()
    assert.deepInclude(reading.order(clientOrderId), { lots: 1000, replaces: 1, status: "held" })
    reading.account.run(reading.account.filled(old, { lots: 300 }))
    reading.told()
    assert.strictEqual(reading.order(clientOrderId)?.lots, 700)
    reading.account.run(reading.account.shown(old, { status: "canceled", filledLots: 300 }))
    assert.deepStrictEqual(reading.kinds(), ["end", "moved"])
    assert.deepInclude(reading.order(clientOrderId), { lots: 700, status: "intended" })
  })

  it("is not told of an end that another attempt follows, and knows the attempt by the same number", () => {
    const reading = new Reading()
    const id = reading.account.linked({}, { resubmitUntilUs: reading.account.now + 1_000_000 })
    reading.told()
    reading.account.run({ type: "ReportNotPlaced", clientOrderId: id, reason: "not sent" })
    const told = reading.told()
    assert.deepStrictEqual(
      told.map((each) => each.kind === "placed" && [each.order.orderSeq, each.again]),
      [[1, true]]
    )
    const again = reading.reader.knowledge.orders.find((order) => order.isOpen)
    reading.account.now += 2_000_000
    reading.account.run({ type: "ReportNotPlaced", clientOrderId: again!.clientOrderId, reason: "not sent" })
    assert.deepStrictEqual(reading.kinds(), ["end"])
  })

  it("takes a busted fill out of its position", () => {
    const reading = new Reading()
    const id = reading.account.working()
    const fill = reading.account.filled(id, { lots: 400 })
    reading.account.run(fill)
    reading.told()
    const { type: _, liquidity: _l, timeVenue: _t, venueOrderId: _v, ...taken } = fill
    reading.account.run({ ...taken, type: "ReportBust", reason: "by script" })
    const [busted] = reading.told()
    assert.deepInclude(busted, { kind: "busted", instrument: btc, lots: 0 })
    assert.deepStrictEqual([reading.lots, reading.order(id)?.filledLots], [0, 0])
  })

  it("hears how an operator settled an unknown order, and of the fill he vouched for", () => {
    const reading = new Reading()
    const [gone, filled] = [reading.account.placed(), reading.account.placed()]
    const by = { by: "ada", reason: "seen on the screen" }
    for (const clientOrderId of [gone, filled])
      reading.account.run({ type: "ReportUnknown", clientOrderId, reason: "timeout" })
    reading.told()
    reading.account.run({ type: "ResolveOrder", clientOrderId: gone, as: "canceled", ...by })
    const [end] = reading.told()
    assert.deepInclude(end?.kind === "end" ? end.end : {}, { orderSeq: 1, status: "canceled" })
    reading.account.run({ type: "ResolveOrder", clientOrderId: filled, as: "filled", priceTicks: 6_000_000, ...by })
    assert.deepStrictEqual(reading.kinds(), ["fill"])
    assert.strictEqual(reading.lots, 1000)
  })

  it("takes over open orders of another run with what they wait for", () => {
    const shown = {
      strategy: "s1",
      instrument: btc,
      price: "",
      quantity: "",
      cancelRequested: false,
      timeIntent: 1
    }
    const terms = {
      side: "buy",
      type: "limit",
      priceTicks: 10,
      lots: 100,
      timeInForce: "GTC",
      postOnly: false
    } as const
    const joined: typeof Joined.Type = {
      intentSeq: 3,
      placed: 3,
      fills: 1,
      seq: 9,
      causes: [],
      positions: [],
      openOrders: [
        { ...shown, clientOrderId: "old", intentSeq: 1, terms, filledLots: 40, status: "pendingCancel" },
        {
          ...shown,
          clientOrderId: "new",
          intentSeq: 2,
          terms,
          filledLots: 0,
          status: "held",
          contingency: { after: ["old"], replaces: "old" }
        },
        {
          ...shown,
          clientOrderId: "exit",
          intentSeq: 3,
          terms,
          filledLots: 0,
          status: "held",
          contingency: { parent: "new" }
        }
      ],
      endedOrders: []
    }
    const [old, next, exit] = knowledgeOf(joined).orders
    assert.deepInclude(old, { status: "pendingCancel", lots: 100, filledLots: 40 })
    assert.deepInclude(next, { replaces: 1, lots: 60, status: "held" })
    assert.deepInclude(exit, { parent: 2, lots: 100 })
  })
})
