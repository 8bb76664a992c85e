/**
 * One kill: a node that owns accounts dies at a fail point, with an intent between its commit and its acknowledgement.
 * Measured from the moment of the kill: until each of its accounts has committed a new command, and until each order that
 * was in flight is settled in the journal.
 */
import type { FailPointName } from "@outcry/actor-account/FailPoint"
import { Effect } from "effect"
import type { Harness } from "./Harness.ts"
import { leftInFlight, type OrderFate, orderFates } from "./OrderFates.ts"
import type { Struck } from "./NodeProcess.ts"
import { found, instead } from "./WaitUntil.ts"

export interface Kill {
  readonly node: string
  readonly point: FailPointName
  /** The order that was passing the fail point. */
  readonly clientOrderId: string
  /** What the exchange knew of that order when the node died. */
  readonly atExchange: boolean
  readonly accountsOnIt: ReadonlyArray<string>
  /** Orders between commit and acknowledgement at the kill. 0: the kill proves nothing, and another is made. */
  readonly inFlight: number
  /** From the kill to the first new command accepted, account by account, ms. */
  readonly acceptMs: ReadonlyArray<number>
  /** From the kill to the row that settled it, for each order in flight, ms. */
  readonly settledMs: ReadonlyArray<number>
  /** How they were settled, by type of row. */
  readonly settledAs: Readonly<Record<string, number>>
  /** From the kill to the first new order intended by a strategy, account by account, ms. */
  readonly tradingMs: ReadonlyArray<number>
}

const acceptWithinMs = 20_000
const settleWithinMs = 20_000
/** Rows before the kill in which intents in flight are looked for: seconds of trading. */
const rowsBack = 400

interface Victim {
  readonly account: string
  readonly epoch: number
  readonly fromSeq: number
}

const victimsOn = Effect.fnUntraced(function* (harness: Harness, accounts: ReadonlyArray<string>) {
  const victims: Array<Victim> = []
  for (const account of accounts) {
    const status = yield* harness.observer.status(account)
    const seq = yield* harness.observer.lastSeq(account)
    victims.push({ account, epoch: status?.epoch ?? 0, fromSeq: Math.max(1, seq - rowsBack) })
  }
  return victims
})

const untilAccepts = (harness: Harness, account: string, killedMs: number) =>
  harness
    .until(
      { what: `${account} accepts a command`, withinMs: acceptWithinMs, everyMs: 10 },
      Effect.map(harness.observer.probe(account), (why) => (why === undefined ? found(undefined) : instead(why)))
    )
    .pipe(Effect.map(() => Date.now() - killedMs))

interface Aftermath {
  readonly left: ReadonlyArray<OrderFate>
  /** 0 for a strategy that trades when it likes. */
  readonly tradingMs: number
}

/** Waits until every order that the victim left in flight is settled, and until its strategy trades again. */
const untilSettled = (harness: Harness, victim: Victim, killedMs: number) =>
  harness.until(
    {
      what: `orders in flight of ${victim.account} are settled and it trades again`,
      withinMs: settleWithinMs,
      everyMs: 100
    },
    Effect.gen(function* () {
      const fates = orderFates(yield* harness.observer.rows(victim.account, victim.fromSeq))
      const left = leftInFlight(fates, victim.epoch)
      const open = left.filter((fate) => fate.settled === undefined)
      if (open.length > 0) return instead(`${open.map((fate) => fate.clientOrderId).join(", ")} are not`)
      const next = fates.find((fate) => fate.epoch > victim.epoch)
      if (next === undefined && harness.loaded.includes(victim.account)) return instead("no new order was intended")
      return found<Aftermath>({ left, tradingMs: next === undefined ? 0 : next.intendedMs - killedMs })
    })
  )

const knownToExchange = (harness: Harness, { clientOrderId, timeMs }: Struck) =>
  Effect.map(harness.exchange.log, (lines) =>
    lines.some((line) => line.type === "order" && line.clientOrderId === clientOrderId && line.timeMs <= timeMs)
  )

/** Kills the node of that name at the point, waits for the aftermath and starts it again. */
export const killRound = Effect.fnUntraced(function* (
  harness: Harness,
  places: ReadonlyMap<string, string>,
  name: string,
  point: FailPointName
) {
  const node = harness.node(name)
  const accountsOnIt = harness.accounts.filter((account) => places.get(account) === name)
  const victims = yield* victimsOn(harness, accountsOnIt)
  const struck = yield* node.dieAt(point)
  const killedMs = struck.timeMs
  const atExchange = yield* knownToExchange(harness, struck)
  const accepting = Effect.forEach(accountsOnIt, (account) => untilAccepts(harness, account, killedMs), {
    concurrency: "unbounded"
  })
  const [acceptMs, aftermath] = yield* Effect.all(
    [
      accepting,
      Effect.forEach(victims, (victim) => untilSettled(harness, victim, killedMs), { concurrency: "unbounded" })
    ],
    { concurrency: 2 }
  )
  yield* node.start
  const left = aftermath.flatMap((each) => each.left)
  const settledAs: Record<string, number> = {}
  for (const { settled } of left) settledAs[settled!.type] = (settledAs[settled!.type] ?? 0) + 1
  const kill: Kill = {
    node: name,
    point,
    clientOrderId: struck.clientOrderId,
    atExchange,
    accountsOnIt,
    inFlight: left.length,
    acceptMs,
    settledMs: left.map((fate) => Math.round(fate.settled!.timeMs - killedMs)),
    settledAs,
    tradingMs: aftermath.map((each) => Math.round(each.tradingMs))
  }
  return kill
})
