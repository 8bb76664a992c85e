/**
 * A run of freezes: a node that owns accounts is stopped (SIGSTOP) beyond its lease while the floor trades, others take
 * its accounts over, and then it goes on (SIGCONT) as a zombie. Counted are appends of it that the journal took, and
 * orders of it that reached the exchange, after its successor was there.
 */
import type { LogLine } from "@outcry/exchange-sim/AcceptLog"
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { StoredRow } from "@outcry/store/JournalRow"
import { Clock, Effect } from "effect"
import { readFileSync, statSync } from "node:fs"
import { orderIdOf } from "./FloorBook.ts"
import type { Harness } from "./Harness.ts"
import { ownerOf } from "./KillRun.ts"
import { isSent } from "./OrderFates.ts"
import type { NodeProcess } from "./NodeProcess.ts"
import type { Violation } from "./Stage.ts"
import { conclude, type Outcome } from "./Verdict.ts"
import { found, instead } from "./WaitUntil.ts"

export interface Freeze {
  readonly node: string
  readonly accountsOnIt: ReadonlyArray<string>
  /** From the freeze to the first command that a successor accepted, account by account, ms. */
  readonly acceptMs: ReadonlyArray<number>
  /** From the moment it went on until it had ended the lives of its old accounts, by its own log, ms; absent: not told. */
  readonly stopMs: number | undefined
  readonly zombieAppends: number
  readonly zombieOrders: number
}

export interface FreezeRun {
  readonly freezes: ReadonlyArray<Freeze>
  readonly outcome: Outcome
  readonly violations: ReadonlyArray<Violation>
}

/** A frozen node is taken over within its lease + this. */
export const takeoverMsMax = 2_000
/** A zombie has stopped within this of going on. */
export const stopMsMax = 500
const acceptWithinMs = 30_000
const factsBetween = 6
/** How long the zombie may act before it is looked at. */
const actsForMs = 1_200

interface Seen {
  readonly account: string
  readonly rows: ReadonlyArray<StoredRow>
}

/** First row of each owner, in order of the owners; the row's time is when that owner was surely there. */
const ownersOf = (rows: ReadonlyArray<StoredRow>): ReadonlyMap<number, StoredRow> => {
  const owners = new Map<number, StoredRow>()
  for (const row of rows) if (!owners.has(row.epoch)) owners.set(row.epoch, row)
  return owners
}

/** Rows that an owner wrote after its successor had begun to. */
const appendsAfterTakeover = ({ rows }: Seen): number => {
  let newest = 0
  let late = 0
  for (const row of rows) {
    if (row.epoch < newest) late += 1
    newest = Math.max(newest, row.epoch)
  }
  return late
}

/** Orders that the exchange accepted though a successor of the owner who intended them was there already. */
const ordersAfterTakeover = ({ rows }: Seen, accepted: ReadonlyMap<string, number>): number => {
  const owners = ownersOf(rows)
  return rows.filter((row) => {
    if (!isSent(row)) return false
    const acceptedMs = accepted.get(orderIdOf(row))
    const successor = Array.from(owners).find(([epoch]) => epoch > row.epoch)
    return acceptedMs !== undefined && successor !== undefined && acceptedMs > successor[1].timeUs / 1000
  }).length
}

const acceptedAt = (log: ReadonlyArray<LogLine>): ReadonlyMap<string, number> =>
  new Map(log.flatMap((line) => (line.type === "order" ? [[line.clientOrderId, line.timeMs] as const] : [])))

const sizeOf = (file: string): number => statSync(file).size

/** Its log names each account whose life it gave up. */
const stoppedAfter = (node: NodeProcess, fromByte: number, accounts: ReadonlyArray<string>, resumedMs: number) => {
  const text = readFileSync(node.logFile).subarray(fromByte).toString("utf8")
  const times = new Map<string, number>()
  for (const line of text.split("\n")) {
    const account = /account (\S+) starts anew/.exec(line)?.[1]
    const at = /"(?:time|timestamp)":"([^"]+)"/.exec(line)?.[1]
    if (account === undefined || at === undefined || times.has(account)) continue
    times.set(account, Date.parse(at) - resumedMs)
  }
  const all = accounts.map((account) => times.get(account))
  return all.every((ms) => ms !== undefined) ? Math.max(0, ...all) : undefined
}

const freezeOnce = Effect.fnUntraced(function* (harness: Harness, places: ReadonlyMap<string, string>, name: string) {
  const { observer } = harness
  const node = harness.node(name)
  const accountsOnIt = harness.accounts.filter((account) => places.get(account) === name)
  const from = new Map<string, number>()
  for (const account of harness.accounts) from.set(account, (yield* observer.lastSeq(account)) + 1)
  const frozenMs = performance.now()
  yield* node.freeze
  const acceptMs = yield* Effect.forEach(
    accountsOnIt,
    (account) =>
      harness.until(
        { what: `${account} accepts a command elsewhere than on ${name}`, withinMs: acceptWithinMs, everyMs: 20 },
        Effect.gen(function* () {
          const why = yield* observer.probe(account)
          if (why !== undefined) return instead(why)
          const status = yield* observer.status(account)
          if (status === undefined || status.node === name) return instead(`it is on ${status?.node ?? "no node"}`)
          return found(Math.round(performance.now() - frozenMs))
        })
      ),
    { concurrency: "unbounded" }
  ).pipe(Effect.onError(() => node.resume))
  const fromByte = sizeOf(node.logFile)
  const resumedMs = yield* Clock.currentTimeMillis
  yield* node.resume
  yield* Effect.sleep(actsForMs)
  const accepted = acceptedAt(yield* harness.exchange.log)
  let [zombieAppends, zombieOrders] = [0, 0]
  for (const account of accountsOnIt) {
    const seen = { account, rows: yield* observer.rows(account, from.get(account)) }
    zombieAppends += appendsAfterTakeover(seen)
    zombieOrders += ordersAfterTakeover(seen, accepted)
  }
  const stopMs = stoppedAfter(node, fromByte, accountsOnIt, resumedMs)
  const freeze: Freeze = { node: name, accountsOnIt, acceptMs, stopMs, zombieAppends, zombieOrders }
  return freeze
})

const broken = (harness: Harness, freeze: Freeze, number: number): ReadonlyArray<Violation> => {
  const bound = harness.floor.shardLockExpirationMs + takeoverMsMax
  const say = (invariant: Violation["invariant"], what: string): Violation => ({
    invariant,
    detail: `freeze ${number}: ${what}`
  })
  return [
    ...freeze.acceptMs.flatMap((ms, index) =>
      ms <= bound ? [] : [say("I7", `${freeze.accountsOnIt[index]} accepted commands elsewhere only after ${ms} ms`)]
    ),
    ...(freeze.zombieAppends > 0 ? [say("I5", `the journal took ${freeze.zombieAppends} rows of the zombie`)] : []),
    ...(freeze.zombieOrders > 0 ? [say("I2", `the exchange took ${freeze.zombieOrders} orders of the zombie`)] : []),
    ...(freeze.stopMs !== undefined && freeze.stopMs > stopMsMax
      ? [say("I5", `the zombie stopped only after ${freeze.stopMs} ms`)]
      : [])
  ]
}

/** Freezes nodes that often. `wanted` freezes are made, then the floor is brought to its end. */
export const freezeRun = Effect.fnUntraced(function* (
  harness: Harness,
  wanted: number,
  progress: (freeze: Freeze, number: number) => void
) {
  const random = new SeededRandom(harness.spec.seed)
  const freezes: Array<Freeze> = []
  while (freezes.length < wanted) {
    yield* harness.trades(factsBetween)
    const places = yield* harness.steady
    const freeze = yield* freezeOnce(harness, places, ownerOf(random, places))
    freezes.push(freeze)
    progress(freeze, freezes.length)
  }
  yield* harness.trades(factsBetween)
  yield* harness.steady
  const outcome = yield* conclude(harness)
  const run: FreezeRun = {
    freezes,
    outcome,
    violations: [...outcome.violations, ...freezes.flatMap((freeze, index) => broken(harness, freeze, index + 1))]
  }
  return run
})
