/** What operators ask of an account, and intents whose number stands for something else already. */
import { assert, layer } from "@effect/vitest"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Layer } from "effect"
import * as Harness from "@outcry/testkit/AccountHarness"
import {
  btc,
  eth,
  factsOf,
  join,
  nowUs,
  ready,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  untilFact
} from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()
const take = resting({ type: "market", priceTicks: 0 })
const by = { by: "ada", reason: "drill" }

/** An order whose fate the venue does not tell. */
const lostOrder = Effect.fnUntraced(function* (account: string) {
  const venue = venues.of(account)
  const node = yield* startNode("one")
  const run = yield* join(node, account)
  venue.onPlace = () => Effect.succeed({ _tag: "Unknown", reason: "no answer" })
  venue.onLookup = () => Effect.succeed({ _tag: "Unclear", reason: "no answer" })
  const { id } = yield* run.place()
  yield* untilFact(account, "OrderUnknown", id)
  return { node, run, venue, id }
})

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 120_000 })(
  "an operator",
  (it) => {
    it.effect("closes everything: what is open is canceled first, then each position is brought to zero", () =>
      Effect.gen(function* () {
        const venue = venues.of("flat")
        const node = yield* startNode("one")
        const run = yield* join(node, "flat")
        const bought = yield* run.place(take)
        const [offer, bid] = yield* run.passed([
          { place: resting({ side: "sell", priceTicks: 6_100_000, lots: 600 }) },
          { place: resting() }
        ])
        for (const { id } of [bought, offer!, bid!]) yield* untilFact("flat", "OrderAccepted", id)
        venue.push({ _tag: "Filled", fill: venue.fill(bought.id, 1000, 6_000_000) })
        yield* untilFact("flat", "OrderFilled", bought.id)
        // Filled while it is canceled: less is left to close.
        venue.onCancel = (request) =>
          Effect.sync(() => {
            if (request.clientOrderId === offer!.id && venue.orders.get(offer!.id)?.filledLots === 0)
              venue.fill(offer!.id, 250)
            return venue.canceled(request)
          })
        const { canceled, closing } = yield* node.client("flat").ClosePositions({ instruments: "all", ...by })
        assert.strictEqual(canceled, 2)
        assert.deepStrictEqual(
          closing.map(({ instrument, quantity, side }) => [instrument, side, quantity]),
          [[btc, "sell", "0.01000"]]
        )
        const [{ clientOrderId }] = closing as [(typeof closing)[number]]
        yield* untilFact("flat", "OrderAccepted", clientOrderId)
        assert.strictEqual(venue.placed.at(-1)!.terms.lots, 750)
        venue.push({ _tag: "Filled", fill: venue.fill(clientOrderId, 750, 5_999_990) })
        yield* untilFact("flat", "OrderFilled", clientOrderId)
        const state = yield* replayIsLive(node, "flat")
        assert.deepStrictEqual([state.positions.get(btc)?.lots, state.orders.size], [0, 0])
        const asked = (yield* factsOf("flat")).find((row) => row.type === "CancelRequested")
        assert.deepInclude(asked!.payload, by)
      })
    )

    it.effect("hears which instruments the account has when it names another", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        yield* ready(node, "names")
        const refused = yield* Effect.flip(
          node.client("names").ClosePositions({ instruments: ["sim:DOGE/USDT"], ...by })
        )
        assert.include(refused.message, `instruments names sim:DOGE/USDT, which this account does not list`)
        assert.include(refused.message, eth)
      })
    )

    for (const as of ["notPlaced", "filled"] as const)
      it.effect(`resolves an unknown order as ${as}, and its instrument is free again`, () =>
        Effect.gen(function* () {
          const account = `resolve-${as}`
          const { id, node, run } = yield* lostOrder(account)
          const before = yield* statusOf(node, account)
          assert.deepStrictEqual(before.frozenInstruments, [btc])
          const shown = before.openOrders[0]!.unknown!
          assert.strictEqual(shown.reason, "no answer")
          assert.isAtMost(shown.sinceUs, yield* nowUs)
          assert.include(shown.remedy, id)
          const answer = yield* node
            .client(account)
            .Resolve({ clientOrderId: id, as, ...by, ...(as === "filled" ? { price: "59900.00" } : {}) })
          assert.deepStrictEqual(answer, {
            status: as,
            filledQuantity: as === "filled" ? "0.01000" : "0.00000"
          })
          const state = yield* replayIsLive(node, account)
          assert.strictEqual(state.positions.get(btc)?.lots ?? 0, as === "filled" ? 1000 : 0)
          assert.deepStrictEqual((yield* statusOf(node, account)).frozenInstruments, [])
          assert.deepInclude((yield* untilFact(account, "OrderResolved", id)).payload, { as, ...by })
          const [next] = yield* run.submit([{ place: resting() }])
          assert.strictEqual(next!.refused, "")
        })
      )

    it.effect("cannot resolve what is not unknown, nor as filled without a price", () =>
      Effect.gen(function* () {
        const { id, node } = yield* lostOrder("wrong")
        const client = node.client("wrong")
        const messageOf = (change: { clientOrderId?: string; as?: "filled" | "canceled"; price?: string }) =>
          Effect.map(
            Effect.flip(client.Resolve({ clientOrderId: id, as: "filled", ...by, ...change })),
            (error) => error.message
          )
        assert.include(yield* messageOf({}), "price is missing")
        assert.include(yield* messageOf({ price: "1.001" }), "not a positive multiple of 0.01")
        assert.include(yield* messageOf({ clientOrderId: "nobody" }), "nobody is no order")
        yield* client.Resolve({ clientOrderId: id, as: "canceled", ...by })
        assert.include(yield* messageOf({ as: "canceled" }), "only an unknown order can be resolved")
      })
    )

    it.effect("adjusts a balance, and is told what is wrong with an amount", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        yield* ready(node, "adjust")
        const client = node.client("adjust")
        const change = { asset: "USDT", adjustment: "deposit" as const, ...by }
        const wrong = yield* Effect.flip(client.AdjustBalance({ ...change, amount: "1,5" }))
        assert.include(wrong.message, `amount "1,5" is not a signed decimal`)
        assert.deepStrictEqual(yield* client.AdjustBalance({ ...change, amount: "-250.5" }), { total: "999749.5" })
      })
    )

    it.effect("is shown a number that stands for another order: it is refused, and nothing is placed", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const run = yield* join(node, "twice")
        const [first] = yield* run.submit([{ place: resting() }], { causeSeq: 7 })
        const id = first!.clientOrderId
        yield* untilFact("twice", "OrderAccepted", id)
        const [second] = yield* run.submit([{ cancel: 1 }], { causeSeq: 8 })
        yield* untilFact("twice", "OrderCanceled", id)
        const send = (intents: ReadonlyArray<Harness.Asked>) => run.submit(intents, { causeSeq: 9, firstSeq: 1 })
        assert.deepStrictEqual(yield* send([{ place: resting() }, { cancel: 1 }]), [first!, second!])
        const [other, same] = yield* send([{ place: resting({ lots: 2000 }) }, { cancel: 1 }])
        assert.strictEqual(other!.refused, "DuplicateOrder")
        assert.include(other!.detail, "lots 1000, now 2000")
        assert.strictEqual(same!.refused, "")
        const [asCancel, asOrder] = yield* send([{ cancel: 1 }, { place: resting() }])
        assert.deepStrictEqual([asCancel!.refused, asOrder!.refused], ["DuplicateOrder", "DuplicateOrder"])
        assert.strictEqual(venues.of("twice").placed.length, 1)
      })
    )
  }
)
