import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { stateHash } from "@outcry/model/AccountHash"
import * as AccountSnapshot from "@outcry/model/AccountSnapshot"
import { versionKey } from "@outcry/model/AccountState"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { describe, expect, it } from "vitest"
import { AccountCheck, type CheckedAccount } from "../src/report/AccountCheck.ts"
import type { InspectedRow, InspectedSnapshot } from "../src/report/StoredJournal.ts"

const rowsOf = (fixture: AccountFixture): Array<InspectedRow> =>
  fixture.events.map((event, index) => ({
    sound: true,
    row: {
      seq: index + 1,
      epoch: 1,
      commandId: `1.${index}`,
      commandPart: 0,
      type: event.type,
      version: AccountEventCodec.versions[event.type],
      timeUs: fixture.now,
      opening: false,
      clientOrderId: null,
      fillKey: null,
      payload: JSON.parse(
        JSON.stringify(
          AccountEventCodec.encode(event, (id, version) => fixture.state.versions.get(versionKey(id, version)))
        )
      )
    }
  }))

const traded = (): AccountFixture => {
  const fixture = new AccountFixture()
  const id = fixture.working()
  fixture.run(fixture.filled(id))
  fixture.working({ side: "sell", priceTicks: 6_100_000 })
  return fixture
}

const snapshotOf = (fixture: AccountFixture, over: Partial<InspectedSnapshot> = {}): InspectedSnapshot => ({
  seq: fixture.state.seq,
  version: AccountSnapshot.version,
  state: JSON.parse(AccountSnapshot.encode(fixture.state)),
  hash: stateHash(fixture.state),
  sound: true,
  ...over
})

const verdict = (
  rows: ReadonlyArray<InspectedRow>,
  expected: { readonly snapshot?: InspectedSnapshot; readonly live?: { readonly seq: number; readonly hash: string } }
): CheckedAccount => {
  const check = new AccountCheck("alpha", { snapshot: expected.snapshot, live: expected.live })
  for (const row of rows) check.add(row)
  return check.end(expected.live)
}

const liveOf = (fixture: AccountFixture) => ({ seq: fixture.state.seq, hash: stateHash(fixture.state) })

describe("the check of an account", () => {
  it("calls a journal sound that leads to the live state and to the snapshot", () => {
    const fixture = traded()
    const snapshot = snapshotOf(fixture)
    fixture.placed()
    expect(verdict(rowsOf(fixture), { snapshot, live: liveOf(fixture) })).toEqual({
      account: "alpha",
      rows: fixture.state.seq,
      lastSeq: fixture.state.seq,
      hash: stateHash(fixture.state),
      live: { seq: fixture.state.seq, same: true },
      snapshot: { seq: snapshot.seq, same: true },
      sound: true,
      damage: []
    })
  })

  it("names the row whose checksum is wrong, and goes on to the next", () => {
    const rows = rowsOf(traded())
    rows[3] = { ...rows[3]!, sound: false }
    rows[5] = { ...rows[5]!, sound: false }
    const { damage, sound } = verdict(rows, {})
    expect(sound).toBe(false)
    expect(damage.map(({ seq }) => seq)).toEqual([4, 6])
    expect(damage[0]).toMatchObject({
      what: "row 4 (BalancesAdopted) does not have its own checksum",
      remedy: expect.stringMatching(/Do not trade alpha\. Restore .* row 4/)
    })
  })

  it("names the rows that are missing", () => {
    const rows = rowsOf(traded())
    rows.splice(2, 2)
    expect(verdict(rows, {}).damage).toMatchObject([{ seq: 3, what: "rows 3 to 4 are missing" }])
  })

  it("says that a row is of a later release", () => {
    const rows = rowsOf(traded())
    rows[3] = { ...rows[3]!, row: { ...rows[3]!.row, version: 99 } }
    const { damage } = verdict(rows, {})
    expect(damage).toMatchObject([
      { seq: 4, what: expect.stringContaining("cannot be read"), remedy: expect.stringContaining("run that release") }
    ])
  })

  it("does not compare a live account with a journal that cannot be replayed", () => {
    const fixture = traded()
    const rows = rowsOf(fixture)
    rows[3] = { ...rows[3]!, sound: false }
    expect(verdict(rows, { live: liveOf(fixture) }).live).toBe(null)
  })

  it("finds a live account that differs, and one that is ahead of its journal", () => {
    const fixture = traded()
    const { seq } = fixture.state
    const rows = rowsOf(fixture)
    expect(verdict(rows, { live: { seq, hash: "other" } })).toMatchObject({
      live: { seq, same: false },
      damage: [{ seq, what: `the live account differs from the replayed state at row ${seq}` }]
    })
    expect(verdict(rows, { live: { seq: seq + 1, hash: "other" } }).damage).toMatchObject([
      { what: `the live account stands at row ${seq + 1} and the journal ends at ${seq}` }
    ])
  })

  it("finds a damaged snapshot, one of another state and one ahead of the journal, and says that the journal is sound", () => {
    const fixture = traded()
    const rows = rowsOf(fixture)
    const { seq } = fixture.state
    const other = new AccountFixture()
    for (const [snapshot, words] of [
      [snapshotOf(fixture, { sound: false }), "does not have its own checksum"],
      [snapshotOf(fixture, { hash: "other" }), "differs from the replayed state"],
      [
        snapshotOf(fixture, { state: JSON.parse(AccountSnapshot.encode(other.state)) }),
        "differs from the replayed state"
      ],
      [snapshotOf(fixture, { seq: seq + 1 }), `the journal ends at ${seq}`]
    ] as const) {
      const { damage, snapshot: compared } = verdict(rows, { snapshot })
      expect(compared).toEqual({ seq: snapshot.seq, same: false })
      expect(damage).toMatchObject([
        { what: expect.stringContaining(words), remedy: expect.stringContaining("nothing is lost") }
      ])
    }
  })

  it("passes over a snapshot of another release, which the account does not use", () => {
    const fixture = traded()
    const snapshot = snapshotOf(fixture, { version: AccountSnapshot.version - 1, hash: "other" })
    expect(verdict(rowsOf(fixture), { snapshot })).toMatchObject({ snapshot: null, sound: true })
  })
})
