import { AccountFlow } from "@outcry/testkit/AccountFlow"
import { describe, expect, it } from "vitest"
import { findOrder } from "../src/AccountState.ts"
import { type OrderInput, orderInputs, type OrderStatus, orderStatuses, transition } from "../src/Order.ts"

/** Every status under every input; `·` must not happen. Written by hand: it is the specification, not the code's echo. */
const table = `
               triggered  released  accepted       rejected  lost     absent     cancelRequested  cancelRefused  canceled  expired  partlyFilled   filled    busted
held           triggered  intended  ·              rejected  ·        ·          held             ·              canceled  expired  ·              ·         ·
triggered      ·          intended  ·              rejected  ·        ·          triggered        ·              canceled  expired  ·              ·         ·
intended       ·          ·         working        rejected  unknown  notPlaced  intended         intended       canceled  expired  working        filled    intended
working        ·          ·         working        rejected  unknown  ·          pendingCancel    working        canceled  expired  working        filled    working
pendingCancel  ·          ·         pendingCancel  rejected  unknown  ·          pendingCancel    working        canceled  expired  pendingCancel  filled    pendingCancel
unknown        ·          ·         working        rejected  unknown  notPlaced  unknown          unknown        canceled  expired  working        filled    unknown
filled         ·          ·         filled         ·         ·        ·          filled           filled         ·         ·        ·              ·         canceled
canceled       ·          ·         canceled       ·         ·        ·          ·                canceled       canceled  ·        canceled       filled    canceled
expired        ·          ·         expired        ·         ·        ·          ·                expired        ·         expired  expired        filled    expired
rejected       ·          ·         ·              rejected  ·        ·          ·                ·              ·         ·        rejected       filled    rejected
notPlaced      ·          ·         working        ·         ·        notPlaced  ·                ·              canceled  expired  working        filled    notPlaced
`

const [head, ...rows] = table
  .trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/))
const expected = new Map(
  rows.map(([status, ...cells]) => [status, new Map(cells.map((cell, at) => [head![at], cell]))])
)

describe("the life of an order", () => {
  for (const status of orderStatuses)
    it(`goes from ${status} where the table says, under every input`, () => {
      expect([...expected.get(status)!.keys()]).toEqual([...orderInputs])
      for (const input of orderInputs)
        expect(transition(status, input) ?? "·", `${status} + ${input}`).toBe(expected.get(status)!.get(input))
    })

  it("takes no step outside the table under random reports, and takes most of those inside", () => {
    const inputOf: Readonly<Record<string, OrderInput>> = {
      OrderAccepted: "accepted",
      OrderRejected: "rejected",
      OrderUnknown: "lost",
      OrderNotPlaced: "absent",
      CancelRequested: "cancelRequested",
      CancelRefused: "cancelRefused",
      OrderCanceled: "canceled",
      OrderExpired: "expired",
      OrderTriggered: "triggered",
      OrderReleased: "released",
      FillBusted: "busted"
    }
    const resolved: Readonly<Record<string, OrderInput>> = {
      notPlaced: "absent",
      rejected: "rejected",
      canceled: "canceled",
      expired: "expired"
    }
    const taken = new Set<string>()
    for (let seed = 1; seed <= 300; seed++) {
      const flow = new AccountFlow(seed)
      const last = new Map<string, OrderStatus>()
      const filled = new Map<string, number>()
      const asked = new Map<string, number>()
      const cancels = new Set<string>()
      for (let i = 0; i < 80; i++) {
        for (const event of flow.run(flow.next())) {
          if (!("clientOrderId" in event) || event.type === "DifferenceFlagged" || event.type === "IntentRefused")
            continue
          if (event.type === "ProtectionLost") continue
          const id = event.clientOrderId
          const order = findOrder(flow.state, id)!
          const before = last.get(id)
          if (event.type === "OrderIntended") filled.set(id, 0)
          if (event.type === "OrderFilled") filled.set(id, (filled.get(id) ?? 0) + event.lots)
          if (event.type === "FillBusted") filled.set(id, (filled.get(id) ?? 0) - event.lots)
          if (event.type === "OrderIntended" || event.type === "OrderReleased") asked.set(id, event.terms.lots)
          const closing = event.type === "OrderFilled" && filled.get(id) === (asked.get(id) ?? order.terms.lots)
          const input =
            event.type === "OrderFilled"
              ? closing
                ? "filled"
                : "partlyFilled"
              : event.type === "OrderResolved"
                ? resolved[event.as]
                : inputOf[event.type]
          const first =
            event.type === "OrderIntended"
              ? event.placement === "held"
                ? "held"
                : "intended"
              : (before ?? order.status)
          let after = input === undefined ? first : expected.get(before ?? "")!.get(input)
          // A cancel asked for before the order was known to be working goes out with the acceptance.
          if (input === "accepted" && after === "working" && cancels.has(id))
            after = expected.get(after)!.get("cancelRequested")
          if (event.type === "CancelRequested") cancels.add(id)
          if (event.type === "CancelRefused") cancels.delete(id)
          // Several facts of one command have all been applied by now: walk the table, and compare at the end.
          expect(after, `seed ${seed}: ${before} + ${input}`).not.toBe("·")
          if (input !== undefined) taken.add(`${before} ${input}`)
          last.set(event.clientOrderId, after as OrderStatus)
        }
        for (const [id, status] of last) {
          const order = findOrder(flow.state, id)
          expect(order?.status, `seed ${seed}: ${id}`).toBe(status)
        }
      }
    }
    expect(taken.size).toBeGreaterThanOrEqual(30)
  })
})
