/** Seeded flows of commands; a seed that fails is in the message, and joins `regressions` for good. */
import { AccountFlow } from "@outcry/testkit/AccountFlow"
import { describe, expect, it } from "vitest"
import { execute, invariants } from "../src/Account.ts"
import { decode, encode, versions } from "../src/AccountEventCodec.ts"
import { stateHash } from "../src/AccountHash.ts"
import * as Snapshot from "../src/AccountSnapshot.ts"
import { type AccountState, evolve, initial, instrumentAt } from "../src/AccountState.ts"
import type { Position } from "../src/Position.ts"
import { referenceOf } from "./AccountReference.ts"

const regressions: ReadonlyArray<number> = []

/** Runs `check` on every seed of a range and on those that failed once; what it throws names the seed. */
const forSeeds = (from: number, count: number, check: (seed: number) => void): void => {
  const seeds = [...regressions, ...Array.from({ length: count }, (_, index) => from + index)]
  for (const seed of seeds) {
    try {
      check(seed)
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

const flowed = (seed: number, commands: number, options: { readonly tidy?: boolean } = {}): AccountFlow => {
  const flow = new AccountFlow(seed, options)
  for (let i = 0; i < commands; i++) flow.run(flow.next())
  return flow
}

const conserved = (state: AccountState, events: AccountFlow["events"]): void => {
  const reference = referenceOf(events)
  for (const asset of new Set([...state.balances.keys(), ...reference.totals.keys()]))
    expect(state.balances.get(asset)?.total, `total of ${asset}`).toBe(reference.totals.get(asset) ?? 0n)
  expect(new Map(state.fees)).toEqual(new Map(reference.fees))
  const agree = (owner: string, positions: ReadonlyMap<string, Position>): void => {
    for (const [id, position] of positions) {
      const key = `${owner} ${id}`
      expect(BigInt(position.lots) * state.instruments.get(id)!.lot, `position of "${key}"`).toBe(
        reference.base.get(key)
      )
      expect(position.realised - position.cost, `cash flow of "${key}"`).toBe(-reference.spent.get(key)!)
    }
  }
  agree("", state.positions)
  for (const [name, record] of state.strategies) agree(name, record.positions)
  const held = [...state.strategies].flatMap(([name, record]) =>
    [...record.positions.keys()].map((id) => `${name} ${id}`)
  )
  const all = [...held, ...[...state.positions.keys()].map((id) => ` ${id}`)]
  expect(all.toSorted()).toEqual([...reference.base.keys()].toSorted())
}

describe("an account under random commands", () => {
  it("keeps its invariants after every command, and a repeated command adds nothing", () => {
    forSeeds(1, 700, (seed) => {
      const flow = new AccountFlow(seed)
      for (let i = 0; i < 60; i++) {
        const command = flow.next()
        flow.run(command)
        expect(invariants(flow.state)).toEqual([])
        expect(flow.run(command), `repeated ${command.type}`).toEqual([])
      }
    })
  })

  it("conserves cash and quantity exactly: balances and positions are the sums of unique fills and fees", () => {
    forSeeds(10_000, 500, (seed) => {
      const flow = flowed(seed, 90)
      conserved(flow.state, flow.events)
    })
  })

  it("replays to the same hash, in memory and through the stored form", () => {
    forSeeds(20_000, 400, (seed) => {
      const flow = flowed(seed, 60)
      const live = stateHash(flow.state)
      expect(stateHash(flow.events.reduce(evolve, initial("flow")))).toBe(live)
      const restored = initial("flow")
      for (const event of flow.events) {
        const stored = JSON.stringify(encode(event, (id, version) => instrumentAt(flow.state, id, version)))
        const read = decode(event.type, versions[event.type], JSON.parse(stored), (id, version) =>
          instrumentAt(restored, id, version)
        )
        expect(read).toEqual(event)
        evolve(restored, read)
      }
      expect(stateHash(restored)).toBe(live)
    })
  })

  it("goes on from a snapshot exactly as it would have", () => {
    forSeeds(30_000, 300, (seed) => {
      const flow = flowed(seed, 50)
      const twin = Snapshot.decode(Snapshot.encode(flow.state))
      expect(stateHash(twin)).toBe(stateHash(flow.state))
      for (let i = 0; i < 30; i++) {
        const command = flow.next()
        expect(execute(twin, command, flow.circumstances)).toEqual(flow.run(command))
      }
      expect(stateHash(twin)).toBe(stateHash(flow.state))
    })
  })

  it("books every fill once and gives every reserve back, whatever the order of reports", () => {
    forSeeds(40_000, 500, (seed) => {
      const flow = flowed(seed, 90, { tidy: true })
      flow.settle()
      expect([...flow.state.orders.values()].map((order) => `${order.clientOrderId} ${order.status}`)).toEqual([])
      for (const [asset, balance] of flow.state.balances) expect(balance.reserved, `reserved ${asset}`).toBe(0n)
      const booked = flow.events.flatMap((event) => (event.type === "OrderFilled" ? [event.venueTradeId] : []))
      const made = flow.venueFills.map((fill) => fill.venueTradeId)
      expect(booked.toSorted()).toEqual(made.toSorted())
      conserved(flow.state, flow.events)
      expect(invariants(flow.state)).toEqual([])
    })
  })

  it("meets every kind of event and most reasons to refuse in these flows", () => {
    const types = new Set<string>()
    const reasons = new Set<string>()
    forSeeds(1, 60, (seed) => {
      for (const event of flowed(seed, 120).events) {
        types.add(event.type)
        if (event.type === "IntentRefused") reasons.add(event.reason)
      }
    })
    expect([...types].toSorted()).toEqual(Object.keys(versions).toSorted())
    expect(reasons.size).toBeGreaterThanOrEqual(14)
  })
})
