/** `outcry account statement` and `outcry account tax-lots`: the account's books as its journal has them. */
import * as Amount from "@outcry/model/Amount"
import { type MovementKind, movementKinds } from "@outcry/model/accounting/Books"
import { type Statement, statementOf } from "@outcry/model/accounting/Statement"
import { taxLotsCsv } from "@outcry/model/accounting/TaxExport"
import { Clock, Effect, Option } from "effect"
import { type FloorData, openFloorData } from "../floor/FloorData.ts"
import { entriesOf, pricesIn } from "../report/AccountEntries.ts"
import { data, json, message, onStderr, onStdout, table } from "./Output.ts"
import { isoTime } from "./TimeText.ts"
import { userError } from "./UserError.ts"

interface Common {
  readonly account: string
  readonly data: Option.Option<string>
  readonly database: Option.Option<string>
}

const dayMs = 86_400_000

const known = (floor: FloorData, account: string) =>
  floor.accounts.includes(account)
    ? Effect.void
    : Effect.fail(
        userError("UnknownAccount", `There is no account ${account} here.`, `There are ${floor.accounts.join(", ")}.`)
      )

const entries = (options: Common) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { database, floor } = yield* openFloorData(options)
      yield* known(floor, options.account)
      return yield* Effect.provideContext(entriesOf(options.account), database)
    })
  )

/** `YYYY-MM-DD`, the day in UTC; undefined where it is none. */
const dayOf = (text: string): number | undefined => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  return Number.isNaN(ms) || isoTime(ms).slice(0, 10) !== text ? undefined : ms
}

const kindsOf = ({ lines }: Statement): ReadonlyArray<MovementKind> =>
  movementKinds.filter((kind) => lines.some(({ movements }) => movements.has(kind)))

const moved = (amount: Amount.Amount | undefined): string => (amount === undefined ? "" : Amount.format(amount))

const statementText = (statement: Statement): string => {
  const kinds = kindsOf(statement)
  return table(
    ["asset", "opening", ...kinds, "closing"],
    statement.lines.map(({ asset, closing, movements, opening }) => [
      asset,
      Amount.format(opening),
      ...kinds.map((kind) => moved(movements.get(kind))),
      Amount.format(closing)
    ]),
    Array.from({ length: kinds.length + 2 }, (_, index) => index + 1)
  )
}

/** One row for each balance and movement, as ledgers take it. */
const statementCsv = (statement: Statement, date: string): string => {
  const rows = statement.lines.flatMap(({ asset, closing, movements, opening }) => [
    [asset, "opening", Amount.format(opening)],
    ...Array.from(movements, ([kind, amount]) => [asset, kind, Amount.format(amount)]),
    [asset, "closing", Amount.format(closing)]
  ])
  return ["date,account,asset,kind,amount", ...rows.map((row) => [date, statement.account, ...row].join(","))].join(
    "\r\n"
  )
}

const statementJson = (statement: Statement, date: string) => ({
  account: statement.account,
  date,
  fills: statement.fills,
  lines: statement.lines.map(({ asset, closing, movements, opening }) => ({
    asset,
    opening: Amount.format(opening),
    movements: Object.fromEntries(Array.from(movements, ([kind, amount]) => [kind, Amount.format(amount)])),
    closing: Amount.format(closing)
  }))
})

interface StatementOptions extends Common {
  readonly date: Option.Option<string>
  readonly csv: boolean
  readonly json: boolean
}

export const statement = Effect.fnUntraced(function* (options: StatementOptions) {
  const today = isoTime(yield* Clock.currentTimeMillis).slice(0, 10)
  const date = Option.getOrElse(options.date, () => today)
  const fromMs = dayOf(date)
  if (fromMs === undefined)
    return yield* userError("Usage", `--date "${date}" is no day.`, "Write it as 2026-03-31; days are UTC.")
  const all = yield* entries(options)
  const period = { fromUs: fromMs * 1_000, untilUs: (fromMs + dayMs) * 1_000 }
  const made = statementOf(options.account, all, period, undefined)
  if (options.json) return yield* json(statementJson(made, date))
  if (options.csv) return yield* data(statementCsv(made, date))
  yield* data(onStdout.bold(`${options.account}, ${date} (UTC)${date === today ? ", so far" : ""}`))
  if (made.lines.length === 0) return yield* message("Nothing was booked by then.")
  yield* data(statementText(made))
  yield* message(
    onStderr.dim(`\n${made.fills} fills. Next: account statement ${options.account} --csv, account tax-lots`)
  )
})

interface TaxLotsOptions extends Common {
  readonly strategy: Option.Option<string>
  readonly year: Option.Option<number>
}

/** Closed lots, first in first out; fees in other assets valued at the prices the account decided on. */
export const taxLots = Effect.fnUntraced(function* (options: TaxLotsOptions) {
  const all = yield* entries(options)
  const period = Option.match(options.year, {
    onNone: () => ({ fromUs: 0, untilUs: Number.MAX_SAFE_INTEGER }),
    onSome: (year) => ({ fromUs: Date.UTC(year) * 1_000, untilUs: Date.UTC(year + 1) * 1_000 })
  })
  const { books } = statementOf(options.account, all, { fromUs: 0, untilUs: Number.MAX_SAFE_INTEGER }, undefined)
  const owner = Option.getOrElse(options.strategy, () => "")
  if (!books.owners.has(owner))
    return yield* userError(
      "UnknownStrategy",
      `No strategy ${owner} has traded on ${options.account}.`,
      `These have: ${[...books.owners.keys()].filter((name) => name !== "").join(", ")}.`
    )
  const csv = taxLotsCsv(books, owner, period, pricesIn(all, books.instruments))
  yield* data(csv.trimEnd())
})
