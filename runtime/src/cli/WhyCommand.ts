/**
 * `outcry why`: an order's dossier from the journal, running floor or stopped. Ends with 1 when the decision, made again
 * on what the journal holds, does not come out the same.
 */
import * as Amount from "@outcry/model/Amount"
import { costsOf, type OrderCost } from "@outcry/model/accounting/CostAnalysis"
import type { WireEntry } from "@outcry/store/WireLog"
import { Effect, type Option, Stream } from "effect"
import { openFloorData } from "../floor/FloorData.ts"
import { EntryReader, pricesIn } from "../report/AccountEntries.ts"
import { type Dossier, DossierFold, type Subject } from "../report/Dossier.ts"
import { dossierText } from "../report/DossierText.ts"
import { findSubject, wireOf } from "../report/OrderSearch.ts"
import { rowsOf } from "../report/StoredJournal.ts"
import { data, json, message, onStderr } from "./Output.ts"
import { exitCodes, reasonOf, userError } from "./UserError.ts"

interface WhyOptions {
  readonly order: string
  readonly data: Option.Option<string>
  readonly database: Option.Option<string>
  readonly json: boolean
}

export interface Told {
  readonly dossier: Dossier
  readonly wire: ReadonlyArray<WireEntry>
  /** Undefined for what was never filled. */
  readonly cost: OrderCost | undefined
}

const tell = Effect.fnUntraced(function* (subject: Subject) {
  const fold = new DossierFold(subject)
  const reader = new EntryReader()
  const entries: Array<ReturnType<EntryReader["read"]>> = []
  yield* rowsOf(subject.account).pipe(
    Stream.runForEach((inspected) =>
      Effect.try({
        try: () => {
          entries.push(reader.read(inspected))
          fold.add(inspected.row)
        },
        catch: (error) =>
          userError(
            "JournalDamaged",
            `The journal of ${subject.account} is damaged: ${reasonOf(error)}.`,
            `\`outcry verify ${subject.account}\` says what to do.`
          )
      })
    )
  )
  const { instruments } = fold
  const events = entries.map(({ event }) => event)
  const costs = costsOf(subject.account, events, pricesIn(entries, instruments))
  const cost = costs.orders.find(({ clientOrderId, filled }) => clientOrderId === subject.clientOrderId && filled > 0n)
  const told: Told = { dossier: fold.end(), wire: yield* wireOf(subject), cost }
  return told
})

const costJson = (cost: OrderCost) => ({
  arrivalPrice: Amount.format(cost.arrivalPrice),
  averagePrice: cost.averagePrice === undefined ? null : Amount.format(cost.averagePrice),
  currency: cost.currency,
  shortfall: Amount.format(cost.shortfall),
  shortfallBps: cost.shortfallBps ?? null,
  fees: Amount.format(cost.fees),
  unvaluedFees: Object.fromEntries(Array.from(cost.unvaluedFees, ([asset, fee]) => [asset, Amount.format(fee)])),
  decisionDelayUs: cost.decisionDelayUs ?? null,
  firstFillDelayUs: cost.firstFillDelayUs ?? null
})

export const run = Effect.fnUntraced(function* (options: WhyOptions) {
  const told = yield* Effect.scoped(
    Effect.gen(function* () {
      const { database } = yield* openFloorData(options)
      return yield* Effect.provideContext(Effect.flatMap(findSubject(options.order), tell), database)
    })
  )
  const { cost, dossier, wire } = told
  if (options.json) yield* json({ ...dossier, wire, cost: cost === undefined ? null : costJson(cost) })
  else {
    yield* data(dossierText(told))
    yield* message(onStderr.dim(`\nNext: trace ${dossier.clientOrderId}, explain ${dossier.strategy}`))
  }
  if (dossier.decision?.same === false) process.exitCode = exitCodes.failed
})
