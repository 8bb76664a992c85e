import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { Harness } from "@outcry/runtime/chaos/Harness"
import { orderFates } from "@outcry/runtime/chaos/OrderFates"
import { testFloor } from "../faults/TestFloor.ts"
import { conclude } from "@outcry/runtime/chaos/Verdict"
import { found, instead } from "@outcry/runtime/chaos/WaitUntil"

const floor = testFloor({ accounts: 4, seed: 5, shardLockExpirationMs: 3_000 })

/** Some node that owns accounts, and those. */
const owner = (
  places: ReadonlyMap<string, string>
): { readonly name: string; readonly owned: ReadonlyArray<string> } => {
  const [name] = [...places.values()].toSorted()
  return { name: name!, owned: [...places.keys()].filter((account) => places.get(account) === name) }
}

/** Waits until each of them is at home on another node and has committed a new command there. */
const movedFrom = (harness: Harness, node: string, accounts: ReadonlyArray<string>) =>
  Effect.forEach(
    accounts,
    (account) =>
      harness.until(
        { what: `${account} accepts commands on another node than ${node}`, withinMs: 30_000, everyMs: 20 },
        Effect.gen(function* () {
          const status = yield* harness.observer.status(account)
          if (status === undefined) return instead("no answer")
          if (status.node === node) return instead(`it is still on ${node}`)
          const why = yield* harness.observer.probe(account)
          return why === undefined ? found({ account, epoch: status.epoch, node: status.node }) : instead(why)
        })
      ),
    { concurrency: "unbounded" }
  )

/** Whose replies never come. */
const orders = 2

describe("a floor whose parts fail in other ways than a kill", { timeout: 120_000 }, () => {
  it("moves the actors of a node that is asked to stop, which ends well", () =>
    floor.run(
      Effect.fnUntraced(function* (harness) {
        const { name, owned } = owner(yield* harness.steady)
        const node = harness.node(name)
        expect(yield* node.stop).toMatchObject({ code: 0 })
        expect((yield* movedFrom(harness, name, owned)).length).toBe(owned.length)
        yield* harness.trades(10)
        yield* node.start
        yield* harness.steady
      })
    ))

  it("lets no append of a node through that was frozen past its locks, once another has taken over", () =>
    floor.run(
      Effect.fnUntraced(function* (harness) {
        const { name, owned } = owner(yield* harness.steady)
        const zombie = harness.node(name)
        yield* zombie.freeze
        const successors = yield* movedFrom(harness, name, owned)
        yield* zombie.resume
        yield* harness.trades(10)
        yield* harness.steady
        for (const { account, epoch } of successors) {
          const rows = yield* harness.observer.rows(account)
          const epochs = rows.map((row) => row.epoch)
          expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
          expect(epochs.at(-1)).toBeGreaterThanOrEqual(epoch)
        }
        expect(yield* zombie.isRunning).toBe(true)
        // The tests after this one are about nodes that were never frozen.
        yield* zombie.kill
        yield* zombie.start
        yield* harness.steady
      })
    ))

  it("trades on by itself after the database was restarted", () =>
    floor.run(
      Effect.fnUntraced(function* (harness) {
        yield* harness.steady
        yield* harness.database.stop("fast")
        yield* harness.database.start
        yield* harness.trades(10)
        yield* harness.steady
      })
    ))

  it("finds an order that the exchange took without ever answering", () =>
    floor.run(
      Effect.fnUntraced(function* (harness) {
        // Neither the reply nor the user stream says what became of them.
        yield* harness.exchange.setFaults([
          { kind: "timeoutAfterAccept", count: orders, delayMs: 8_000 },
          { kind: "userDrop", count: 150 }
        ])
        const fates = yield* harness.until(
          { what: "orders without an answer are found", withinMs: 40_000, everyMs: 200 },
          Effect.gen(function* () {
            const struck = yield* harness.exchange.struckOrders
            const settled: Array<string> = []
            for (const account of harness.accounts)
              for (const fate of orderFates(yield* Effect.orDie(harness.observer.rows(account))))
                if (struck.includes(fate.clientOrderId) && fate.settled !== undefined) settled.push(fate.settled.type)
            return settled.length === orders
              ? found(settled)
              : instead(`${struck.length} struck, ${settled.length} of them settled`)
          })
        )
        // The exchange has taken them: nothing else may be concluded from its silence.
        for (const type of fates)
          expect(["OrderAccepted", "OrderFilled", "OrderCanceled", "OrderExpired"]).toContain(type)
        yield* harness.exchange.setFaults([])
        yield* harness.steady
      })
    ))

  it("has lost, doubled and misfilled nothing after all that, and replays to what its accounts say", () =>
    floor.run(
      Effect.fnUntraced(function* (harness) {
        const { verdict, violations } = yield* conclude(harness)
        expect(violations).toEqual([])
        expect(verdict.ordersJoined).toBeGreaterThan(50)
      })
    ))
})
