/**
 * `outcry verify`: every account's journal from its first row, replayed and compared by hash with the live account and
 * the snapshot. Ends with 1 when anything is damaged, naming the row and what to do.
 */
import { Effect, type Option, Stream } from "effect"
import { type FloorData, openFloorData } from "../floor/FloorData.ts"
import { firstAnswer, nodeClient } from "../floor/NodeClient.ts"
import { AccountCheck, type CheckedAccount, type Compared } from "../report/AccountCheck.ts"
import { rowsOf, snapshotOf } from "../report/StoredJournal.ts"
import { data, json, message, onStderr, onStdout, table } from "./Output.ts"
import { exitCodes, userError } from "./UserError.ts"

interface VerifyOptions {
  readonly accounts: ReadonlyArray<string>
  readonly data: Option.Option<string>
  readonly database: Option.Option<string>
  readonly json: boolean
}

/** How long rows may take that the live account has decided and the journal is about to commit. */
const commitWithinMs = 3_000
/** A state that was decided and then refused by the journal is void: a difference counts when it is seen again. */
const attempts = 3

/** Where the live account stands; undefined where it does not run or says nothing sure. */
const liveOf = (floor: FloorData, account: string) => {
  const { run } = floor
  if (run === undefined) return Effect.undefined
  return firstAnswer(run.gateways.map(({ url }) => nodeClient(url, run.token).account(account, { hashed: true }))).pipe(
    Effect.map((status) => (status.condition === "ready" ? { seq: status.seq, hash: status.stateHash } : undefined)),
    Effect.orElseSucceed(() => undefined)
  )
}

const checkOnce = Effect.fnUntraced(function* (floor: FloorData, account: string) {
  const live = yield* liveOf(floor, account)
  const check = new AccountCheck(account, { snapshot: yield* snapshotOf(account), live })
  const readOn = Effect.suspend(() =>
    Stream.runForEach(rowsOf(account, check.lastSeq), (row) => Effect.sync(() => check.add(row)))
  )
  yield* readOn
  const startedMs = performance.now()
  while (live !== undefined && check.lastSeq < live.seq && performance.now() - startedMs < commitWithinMs) {
    yield* Effect.sleep(50)
    yield* readOn
  }
  return check.end(live)
})

const checkAccount = Effect.fnUntraced(function* (floor: FloorData, account: string) {
  let checked = yield* checkOnce(floor, account)
  for (let attempt = 1; attempt < attempts && checked.live?.same === false; attempt++)
    checked = yield* checkOnce(floor, account)
  return checked
})

const comparedText = (compared: Compared | null, none: string): string =>
  compared === null ? none : compared.same ? `same at ${compared.seq}` : `DIFFERS at ${compared.seq}`

const verdictText = ({ damage, sound }: CheckedAccount): string =>
  sound ? onStdout.green("sound") : onStdout.red(damage.length === 1 ? "1 finding" : `${damage.length} findings`)

const text = (floor: FloorData, accounts: ReadonlyArray<CheckedAccount>): string =>
  [
    table(
      ["account", "rows", "last row", "state hash", "live", "snapshot", "verdict"],
      accounts.map((each) => [
        each.account,
        String(each.rows),
        String(each.lastSeq),
        each.hash.slice(0, 16),
        comparedText(each.live, floor.run === undefined ? "not running" : "not compared"),
        comparedText(each.snapshot, "none"),
        verdictText(each)
      ]),
      [1, 2]
    ),
    ...accounts.flatMap(({ account, damage }) =>
      damage.flatMap(({ remedy, what }) => ["", `${onStdout.red(account)}: ${what}.`, `  ${remedy}`])
    )
  ].join("\n")

const chosen = (floor: FloorData, wanted: ReadonlyArray<string>) => {
  const unknown = wanted.find((name) => !floor.accounts.includes(name))
  if (unknown === undefined) return Effect.succeed(wanted.length === 0 ? floor.accounts : [...new Set(wanted)])
  return Effect.fail(
    userError("UnknownAccount", `There is no account ${unknown} here.`, `There are ${floor.accounts.join(", ")}.`)
  )
}

export const run = Effect.fnUntraced(function* (options: VerifyOptions) {
  const { checked, floor } = yield* Effect.scoped(
    Effect.gen(function* () {
      const { database, floor } = yield* openFloorData(options)
      const accounts = yield* chosen(floor, options.accounts)
      const checked = yield* Effect.forEach(accounts, (account) => checkAccount(floor, account)).pipe(
        Effect.provideContext(database)
      )
      return { checked, floor }
    })
  )
  const sound = checked.every((each) => each.sound)
  if (options.json) yield* json({ floor: floor.place, sound, accounts: checked })
  else {
    yield* message(onStderr.dim(floor.place))
    yield* data(text(floor, checked))
  }
  if (!sound) process.exitCode = exitCodes.failed
})
