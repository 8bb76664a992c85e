/** The stored form, and the journal of an earlier release, which every later one must read to the same end. */
import { readFileSync } from "node:fs"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { invariants } from "../src/Account.ts"
import type { AccountEvent } from "../src/AccountEvent.ts"
import { decode, encode, UnreadableEvent, versions } from "../src/AccountEventCodec.ts"
import { stateHash } from "../src/AccountHash.ts"
import { type AccountState, evolve, initial, instrumentAt } from "../src/AccountState.ts"
import * as Amount from "../src/Amount.ts"

interface Row {
  readonly type: string
  readonly version: number
  readonly payload: Readonly<Record<string, unknown>>
}

const golden = readFileSync(new URL("golden/v0.1.0.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row)

/** Texts that may say anything. */
const isFree = (field: string): boolean =>
  /^(clientOrderId|venueOrderId|venueTradeId|strategy|detail|reason|code|by|feeAsset|instrument)$/.test(field)

const replay = (
  rows: ReadonlyArray<Row>,
  each?: (event: AccountEvent, row: Row, state: AccountState) => void
): AccountState => {
  const state = initial("alpha")
  for (const row of rows) {
    const event = decode(row.type, row.version, row.payload, (id, version) => instrumentAt(state, id, version))
    evolve(state, event)
    each?.(event, row, state)
  }
  return state
}

describe("the journal of release 0.1.0", () => {
  it("holds every type of event there was", () => {
    expect(new Set(golden.map((row) => row.type))).toEqual(new Set(Object.keys(versions)))
  })

  it("replays to the state it had", () => {
    const state = replay(golden)
    expect(invariants(state)).toEqual([])
    const totals = [...state.balances].map(([asset, { reserved, total }]) => [
      asset,
      Amount.format(total),
      Amount.format(reserved)
    ])
    expect(totals).toEqual([
      ["USDT", "1000417.602840999401", "3.6"],
      ["BTC", "9.993038765433", "0"],
      ["ETH", "100", "0"],
      ["BNB", "0.000000000007", "0"]
    ])
    expect(stateHash(state)).toBe("e4b568ef6e5d716c1ac6e18adaa7ad8d96c89c64288fcb3bbbee8747e92da5dd")
  })

  it("is written again as it was read", () => {
    replay(golden, (event, row, state) => {
      if (row.version !== versions[event.type]) return
      const written = encode(event, (id, version) => instrumentAt(state, id, version))
      expect(JSON.parse(JSON.stringify(written))).toEqual(row.payload)
    })
  })

  it("holds prices and quantities as decimals, never as ticks or lots", () => {
    const intent = golden.find((row) => row.type === "OrderIntended")!.payload
    expect(intent).toMatchObject({ price: "60000.00", quantity: "0.01000", reservePrice: "60000.00" })
    expect(JSON.stringify(golden)).not.toMatch(/Ticks|"lots"/)
  })
})

describe("a stored event", () => {
  const at = (): typeof btcUsdt => btcUsdt
  const read = (row: Row): AccountEvent => decode(row.type, row.version, row.payload, at)

  it("is refused by name when any field of it is missing or of another kind", () => {
    const firsts = Object.keys(versions).map((type) => golden.find((row) => row.type === type)!)
    for (const row of firsts)
      for (const field of Object.keys(row.payload)) {
        const nullable = field === "trace" || (row.type === "CancelRequested" && field === "cause")
        const market = field === "price" && row.payload["orderType"] === "market"
        for (const damage of [undefined, 12.5, "?", [], {}]) {
          if ((nullable && damage === undefined) || market) continue
          if (typeof damage === "string" && typeof row.payload[field] === "string" && isFree(field)) continue
          if (typeof damage === "number" && typeof row.payload[field] === "number" && field.startsWith("time")) continue
          if (damage === 12.5 && field === "deadlineUs") continue
          if (field === "balances" && Array.isArray(damage)) continue
          const damaged = { ...row, payload: { ...row.payload, [field]: damage } }
          expect(() => read(damaged), `${row.type}.${field} = ${JSON.stringify(damage)}`).toThrow(UnreadableEvent)
        }
      }
  })

  it("is refused where its price or quantity lies between two steps", () => {
    const row = golden.find((candidate) => candidate.type === "OrderFilled")!
    for (const over of [{ price: "59999.715" }, { quantity: "0.000001" }, { fee: "1e-3" }])
      expect(() => read({ ...row, payload: { ...row.payload, ...over } })).toThrow(UnreadableEvent)
  })

  it("is refused where it is newer than this program, older than any, or of an unknown type", () => {
    const row = golden[0]!
    expect(() => read({ ...row, version: 99 })).toThrow("newer release")
    expect(() => read({ ...row, version: 0 })).toThrow("no upcaster from version 0")
    expect(() => read({ ...row, type: "OrderTeleported" })).toThrow("the type is unknown")
    expect(() => read({ ...row, type: "toString" })).toThrow("the type is unknown")
    for (const payload of [null, 5, "x", []]) expect(() => decode(row.type, 1, payload, at)).toThrow(UnreadableEvent)
  })

  it("needs the instrument version it names to be listed before it", () => {
    const row = golden.find((candidate) => candidate.type === "OrderIntended")!
    expect(() => decode(row.type, 1, row.payload, () => undefined)).toThrow("sim:BTC/USDT@1 is not listed before it")
  })

  it("keeps fractions of a microsecond, which clocks may give", () => {
    const account = new AccountFixture()
    account.now += 0.5
    const event = account.place()
    const stored = JSON.parse(JSON.stringify(encode(event, at)))
    expect(decode(event.type, 1, stored, at)).toEqual(event)
  })
})
