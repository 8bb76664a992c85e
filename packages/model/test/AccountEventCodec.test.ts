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

const rowsOf = (release: string): ReadonlyArray<Row> =>
  readFileSync(new URL(`golden/v${release}.jsonl`, import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row)

/** The journals of the releases, the types of event that each had, and the state each leads to. */
const releases = [
  {
    release: "0.1.0",
    types: 17,
    totals: [
      ["USDT", "1000417.602840999401", "3.6"],
      ["BTC", "9.993038765433", "0"],
      ["ETH", "100", "0"],
      ["BNB", "0.000000000007", "0"]
    ],
    hash: "44822e04f9675d8e3e8a73c39f1562a7f5f063d30256e13e9312d8d5016f30fa"
  },
  {
    release: "0.2.0",
    types: Object.keys(versions).length,
    totals: [
      ["USDT", "999853.3118", "5.98"],
      ["BTC", "10.0141", "0"],
      ["ETH", "100.1", "0"],
      ["BNB", "0.000000000007", "0"]
    ],
    hash: "6f70c7e58ea49a933f0076479cd1a59ef1696a4dff2584ce6fbbd1a775715561"
  }
]

const golden = rowsOf("0.2.0")

/** Texts that may say anything. */
const isFree = (field: string): boolean =>
  /^(clientOrderId|venueOrderId|venueTradeId|strategy|detail|reason|code|by|feeAsset|asset|venueFundingId|instrument)$/.test(
    field
  )

const isTime = (field: string): boolean => field.startsWith("time") || field.endsWith("Us")

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

for (const { hash, release, totals, types } of releases)
  describe(`the journal of release ${release}`, () => {
    const rows = rowsOf(release)

    it("holds every type of event there was", () => {
      expect(new Set(rows.map((row) => row.type)).size).toBe(types)
    })

    it("replays to the state it had", () => {
      const state = replay(rows)
      expect(invariants(state)).toEqual([])
      const held = [...state.balances].map(([asset, { reserved, total }]) => [
        asset,
        Amount.format(total),
        Amount.format(reserved)
      ])
      expect(held).toEqual(totals)
      expect(stateHash(state)).toBe(hash)
    })

    it("is written again as it was read", () => {
      replay(rows, (event, row, state) => {
        if (row.version !== versions[event.type]) return
        const written = encode(event, (id, version) => instrumentAt(state, id, version))
        expect(JSON.parse(JSON.stringify(written))).toEqual(row.payload)
      })
    })

    it("holds prices and quantities as decimals, never as ticks or lots", () => {
      const intent = rows.find((row) => row.type === "OrderIntended")!.payload
      expect(intent).toMatchObject({ price: "60000.00", quantity: "0.01000", reservePrice: "60000.00" })
      expect(JSON.stringify(rows)).not.toMatch(/Ticks|"lots"/)
    })
  })

describe("an intent of release 0.1.0", () => {
  it("was sent at once, to be tried once, and by a strategy alone", () => {
    const events: Array<AccountEvent> = []
    replay(rowsOf("0.1.0"), (event) => events.push(event))
    for (const event of events) {
      if (event.type === "OrderIntended")
        expect(event).toMatchObject({ placement: "venue", emulated: false, attempt: 1, resubmitUntilUs: 0 })
      if (event.type === "OrderIntended" || event.type === "IntentRefused")
        expect([event.timeDecided, event.otherMarks]).toEqual([0, []])
      if (event.type === "CancelRequested") expect([event.by, event.reason]).toEqual(["", ""])
    }
  })
})

describe("a stored event", () => {
  const at = (): typeof btcUsdt => btcUsdt
  const read = (row: Row): AccountEvent => decode(row.type, row.version, row.payload, at)

  it("is refused by name when any field of it is missing or of another kind", () => {
    const optional = new Set(["trace", "contingency", "mark", "terms", "instrumentVersion", "timeRefused", "emulated"])
    const dressing = /^(triggerPrice|trail|trailBps|reduceOnly|displayQuantity|expiresUs)$/
    const isWhole = (row: Row): boolean => row.type !== "IntentRefused" || "instrumentVersion" in row.payload
    const firsts = Object.keys(versions).map((type) => golden.find((row) => row.type === type && isWhole(row))!)
    for (const row of firsts)
      for (const field of Object.keys(row.payload)) {
        const nullable =
          dressing.test(field) ||
          (field === "cause" && row.type === "CancelRequested") ||
          (optional.has(field) && (row.type === "IntentRefused" || field === "trace" || field === "contingency"))
        const market = field === "price" && row.payload["price"] === null
        for (const damage of [undefined, 12.5, "?", [], {}]) {
          if ((nullable && damage === undefined) || market) continue
          // All of a contingency may be absent; of another kind it may not be.
          if (field === "contingency" && typeof damage === "object" && !Array.isArray(damage)) continue
          if (typeof damage === "string" && typeof row.payload[field] === "string" && isFree(field)) continue
          if (typeof damage === "number" && typeof row.payload[field] === "number" && isTime(field)) continue
          if ((field === "balances" || field === "otherMarks") && Array.isArray(damage)) continue
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
    expect(() => decode(row.type, row.version, row.payload, () => undefined)).toThrow(
      "sim:BTC/USDT@1 is not listed before it"
    )
  })

  it("of a lost protection says whether it is tried on; one of an older release does not", () => {
    const older: AccountEvent = { type: "ProtectionLost", clientOrderId: "oc1", instrument: btcUsdt.id, detail: "no" }
    for (const event of [older, { ...older, trying: true } as const]) {
      const stored = JSON.parse(JSON.stringify(encode(event, at)))
      expect(decode(event.type, versions[event.type], stored, at)).toEqual(event)
    }
  })

  it("keeps fractions of a microsecond, which clocks may give", () => {
    const account = new AccountFixture()
    account.now += 0.5
    const event = account.place()
    const stored = JSON.parse(JSON.stringify(encode(event, at)))
    expect(decode(event.type, versions[event.type], stored, at)).toEqual(event)
  })
})
