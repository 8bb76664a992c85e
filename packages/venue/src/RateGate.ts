/**
 * The gate that every request to one venue passes on this node: it waits until each limit it counts against has room,
 * in the order cancel, look-up, place, read. What it lets through it has leased, so that all nodes together stay within
 * the venue's limits; a 429 or 418 shuts it on every node until the venue's Retry-After. Nothing is retried here.
 */
import * as Metrics from "@outcry/telemetry/Metrics"
import { Effect, Metric, Queue, type Scope } from "effect"
import { RateBudget, type WantedLease } from "./RateBudget.ts"
import type { RateLeases } from "./RateLeases.ts"
import { type Cost, costOf, limitName, type Purpose, purposes, type RateLimit } from "./RateLimit.ts"
import { type Reply, blockOf, countsIn } from "./RateReply.ts"
import type { ReadClock } from "./VenueClock.ts"

export interface Passage extends Cost {
  readonly purpose: Purpose
  /** Whose orders count: a name for the API key that does not tell it. Empty for public requests. */
  readonly key: string
}

/** A request that passed; `ended` must be called once, with the reply if there was one. */
export interface Admitted {
  readonly _tag: "Admitted"
  readonly ended: (reply: Reply | undefined) => Effect.Effect<void>
}

export type Admission = Admitted | { readonly _tag: "Refused"; readonly reason: string }

export interface RateGate {
  /** Waits at most until then, monotonic µs. */
  readonly admit: (passage: Passage, untilUs: number) => Effect.Effect<Admission>
  /** The limits that the venue publishes. */
  readonly setLimits: (limits: ReadonlyArray<RateLimit>) => void
  /** Venue clock − our wall clock, µs: tells how much is left of the venue's own windows. */
  readonly setOffset: (offsetUs: number) => void
  readonly status: Effect.Effect<RateStatus>
}

export interface RateStatus {
  /** Until the venue lets us call again, µs from now; 0: it does. */
  readonly blockedForUs: number
  /** What the venue counts, as a share of its limit. */
  readonly budgets: ReadonlyArray<{ readonly budget: string; readonly usedRatio: number }>
}

export interface RateGateOptions {
  readonly venue: string
  /** Names the address that the venue sees: nodes that share one share its budget. */
  readonly address: string
  readonly limits: ReadonlyArray<RateLimit>
}

interface Need {
  readonly amount: number
  readonly budget: RateBudget
}

interface Waiter {
  readonly passage: Passage
  readonly untilUs: number
  readonly resume: (admission: Effect.Effect<Admission>) => void
}

/** How long the leases may take to answer before they count as away. */
const leaseMs = 1_000
/** How often blocks that other nodes were given are looked for. */
const lookEveryMs = 1_000
/** Longer waits are taken in steps: timers hold at most 24 days. */
const waitMsMost = 3_600_000

export const make = (
  options: RateGateOptions,
  leases: RateLeases["Service"],
  read: ReadClock
): Effect.Effect<RateGate, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const budgets = new Map<string, RateBudget>()
    const leasing = new Set<string>()
    const waiting = new Map<Purpose, Set<Waiter>>(purposes.map((purpose) => [purpose, new Set<Waiter>()]))
    /** Something changed: look who can go. */
    const changed = yield* Queue.sliding<void>(1)
    const refusals = Metric.withAttributes(Metrics.rateRefusals, { venue: options.venue })
    let { limits } = options
    let published = false
    let offsetUs = 0

    const budgetOf = (limit: RateLimit, key: string): RateBudget => {
      const owner = limit.counts === "orders" ? `key/${key}` : `ip/${options.address}`
      // A node that has not heard yet how much the venue grants must not find its smaller share leased by those who have.
      const assumed = options.limits.find((each) => limitName(each) === limitName(limit))?.limit
      const granted = assumed === limit.limit ? "" : `${limit.limit}/`
      const name = `${options.venue}/${owner}/${granted}${limitName(limit)}`
      const known = budgets.get(name)
      if (known !== undefined) return known
      const made = new RateBudget(name, limit)
      budgets.set(name, made)
      return made
    }

    /** Budgets by key, in the order of the limits. */
    const byKey = new Map<string, ReadonlyArray<RateBudget>>()
    const budgetsOf = (key: string): ReadonlyArray<RateBudget> => {
      const known = byKey.get(key)
      if (known !== undefined) return known
      const made = limits.map((limit) => budgetOf(limit, key))
      byKey.set(key, made)
      return made
    }

    const needsOf = (passage: Passage): ReadonlyArray<Need> => {
      const needs: Array<Need> = []
      for (const budget of budgetsOf(passage.key)) {
        const amount = costOf(passage, budget.limit)
        if (amount > 0) needs.push({ amount, budget })
      }
      return needs
    }

    const lease = (budget: RateBudget, want: WantedLease): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (leasing.has(budget.name)) return Effect.void
        leasing.add(budget.name)
        const askedUs = read().monotonicUs
        const { windowUs } = budget.limit
        return leases.lease({ budget: budget.name, windowUs, limit: want.limit, wanted: want.wanted }).pipe(
          Effect.timeout(leaseMs),
          Effect.map((granted) => budget.granted(granted, want, askedUs, read().monotonicUs)),
          Effect.catch((error) =>
            Effect.andThen(
              Effect.sync(() => budget.storeAway(read().monotonicUs)),
              Effect.logDebug(`no lease of ${budget.name}: ${error.message}`)
            )
          ),
          Effect.ensuring(Effect.sync(() => leasing.delete(budget.name))),
          Effect.andThen(Queue.offer(changed, undefined)),
          Effect.forkIn(scope),
          Effect.asVoid
        )
      })

    const admitted = (passage: Passage, needs: ReadonlyArray<Need>): Admitted => {
      const sentUs = read().monotonicUs
      for (const { amount, budget } of needs) budget.take(amount, passage.purpose, sentUs)
      const ended = (reply: Reply | undefined): Effect.Effect<void> =>
        Effect.suspend(() => {
          const counted = reply === undefined ? new Set<RateBudget>() : learnCounts(passage, reply, sentUs)
          const now = read().monotonicUs
          for (const { amount, budget } of needs) budget.ended(amount, counted.has(budget), now)
          return reply === undefined ? Effect.void : learnBlock(passage, reply)
        })
      return { _tag: "Admitted", ended }
    }

    /** Takes what the venue says of its counts; tells which of them hold the request that was sent then. */
    const learnCounts = (passage: Passage, reply: Reply, sentUs: number): ReadonlySet<RateBudget> => {
      const now = read()
      const venueUs = now.epochUs + offsetUs
      const learned = new Set<RateBudget>()
      for (const budget of budgetsOf(passage.key)) {
        const used = countsIn(reply, budget.limit)
        if (used === undefined) continue
        // More than there is: the venue grants more than we assume until it has said so.
        if (!published && used > budget.limit.limit) continue
        const { windowUs } = budget.limit
        const sinceTurnUs = venueUs % windowUs
        // Sent in the window before: the count may be that window's.
        if (now.monotonicUs - sentUs > sinceTurnUs) continue
        budget.observed(used, windowUs - sinceTurnUs, now.monotonicUs)
        learned.add(budget)
      }
      return learned
    }

    /** Shuts the gate everywhere where the venue says so. */
    const learnBlock = (passage: Passage, reply: Reply): Effect.Effect<void> =>
      Effect.gen(function* () {
        const now = read()
        const block = blockOf(reply, now.epochUs + offsetUs)
        if (block === undefined) return
        const blocked = budgetsOf(passage.key).filter(({ limit }) => (limit.counts === "orders") === block.ordersOnly)
        yield* Effect.logWarning(
          `${options.venue} asks to wait ${(block.forUs / 1e6).toFixed(1)} s (HTTP ${reply.status}); ${block.ordersOnly ? "new orders of this key" : "all requests"} stop until then.`
        )
        for (const budget of blocked) {
          budget.block(now.monotonicUs + block.forUs)
          yield* Effect.forkIn(Effect.ignore(leases.block(budget.name, block.forUs)), scope)
        }
      })

    /** Lets through whoever can go; says when to look again. A limit that one waits for is not used by those behind. */
    const pump: Effect.Effect<number> = Effect.gen(function* () {
      const now = read().monotonicUs
      const spoken = new Set<RateBudget>()
      const times: Array<number> = []
      for (const purpose of purposes) {
        const line = waiting.get(purpose)!
        for (const waiter of line) {
          const needs = needsOf(waiter.passage)
          const short = needs.filter(({ amount, budget }) => spoken.has(budget) || !budget.fits(amount, purpose, now))
          if (short.length === 0) {
            line.delete(waiter)
            waiter.resume(Effect.succeed(admitted(waiter.passage, needs)))
            continue
          }
          if (now >= waiter.untilUs) {
            line.delete(waiter)
            waiter.resume(refuse(waiter.passage))
            continue
          }
          times.push(waiter.untilUs)
          for (const { amount, budget } of short) {
            if (spoken.has(budget)) continue
            spoken.add(budget)
            const want = budget.wants(amount, purpose, now)
            if (want !== undefined) yield* lease(budget, want)
            times.push(budget.nextChangeUs(now) ?? now + leaseMs * 1_000)
          }
        }
      }
      for (const budget of budgets.values()) {
        const want = budget.wantsAhead(now)
        if (want !== undefined) yield* lease(budget, want)
        times.push(budget.turnsUs(now) ?? Infinity)
      }
      return Math.min(...times)
    })

    yield* Effect.gen(function* () {
      for (let nextUs = Infinity; ;) {
        const waitMs = Math.max(1, (nextUs - read().monotonicUs) / 1_000)
        const change = Queue.take(changed)
        yield* waitMs === Infinity ? change : Effect.timeoutOption(change, Math.min(waitMs, waitMsMost))
        nextUs = yield* pump
      }
    }).pipe(Effect.forkScoped)

    yield* Effect.gen(function* () {
      for (;;) {
        yield* Effect.sleep(lookEveryMs)
        yield* report
        const found = yield* leases.blocked(Array.from(budgets.keys())).pipe(Effect.timeout(leaseMs))
        const now = read().monotonicUs
        for (const { blockedForUs, budget } of found) budgets.get(budget)?.block(now + blockedForUs)
      }
    }).pipe(
      Effect.catch(() => Effect.void),
      Effect.forever,
      Effect.forkScoped
    )

    const status = Effect.sync((): RateStatus => {
      const now = read().monotonicUs
      const all = Array.from(budgets.values())
      const shut = all.filter(({ limit }) => limit.counts !== "orders").map((budget) => budget.blockedUntilUs - now)
      return {
        blockedForUs: Math.max(0, ...shut),
        budgets: all.map((budget) => ({ budget: budget.name, usedRatio: budget.usedRatio(now) }))
      }
    })

    const report = Effect.gen(function* () {
      const { blockedForUs } = yield* status
      const { venue } = options
      yield* Metric.update(Metric.withAttributes(Metrics.venueBlocked, { venue }), blockedForUs / 1e6)
      for (const limit of limits) {
        const name = limitName(limit)
        const now = read().monotonicUs
        const ratios = Array.from(budgets.values(), (each) => (each.name.endsWith(name) ? each.usedRatio(now) : 0))
        const gauge = Metric.withAttributes(Metrics.rateBudgetUsed, { venue, limit: name })
        yield* Metric.update(gauge, Math.max(0, ...ratios))
      }
    })

    const refuse = (passage: Passage): Effect.Effect<Admission> =>
      Effect.suspend(() => {
        const now = read().monotonicUs
        const short = needsOf(passage).find(({ amount, budget }) => !budget.fits(amount, passage.purpose, now))
        const name = short === undefined ? "" : limitName(short.budget.limit)
        const why = short !== undefined && now < short.budget.blockedUntilUs ? "the venue asked us to wait" : "used up"
        return Effect.as(Metric.update(Metric.withAttributes(refusals, { purpose: passage.purpose }), 1), {
          _tag: "Refused" as const,
          reason: `rate budget: ${name} ${why}`.replaceAll("  ", " ")
        })
      })

    const wait = (passage: Passage, untilUs: number): Effect.Effect<Admission> =>
      Effect.callback<Admission>((resume) => {
        const line = waiting.get(passage.purpose)!
        let given: Effect.Effect<Admission> | undefined
        const waiter: Waiter = {
          passage,
          untilUs,
          resume: (admission) => {
            given = admission
            resume(admission)
          }
        }
        line.add(waiter)
        Queue.offerUnsafe(changed, undefined)
        // Interrupted with the admission on its way: what it took is given back.
        return Effect.suspend(() => {
          line.delete(waiter)
          return given === undefined
            ? Effect.void
            : Effect.flatMap(given, (each) => (each._tag === "Admitted" ? each.ended(undefined) : Effect.void))
        })
      })

    const isInLine = (purpose: Purpose): boolean =>
      purposes.some((each) => purposes.indexOf(each) <= purposes.indexOf(purpose) && waiting.get(each)!.size > 0)

    const admit: RateGate["admit"] = (passage, untilUs) =>
      Effect.suspend((): Effect.Effect<Admission> => {
        const now = read().monotonicUs
        const needs = needsOf(passage)
        if (needs.some(({ budget }) => budget.blockedUntilUs > untilUs)) return refuse(passage)
        const free =
          !isInLine(passage.purpose) && needs.every((each) => each.budget.fits(each.amount, passage.purpose, now))
        if (!free) return wait(passage, untilUs)
        const admission = admitted(passage, needs)
        if (needs.some(({ budget }) => budget.wantsAhead(now) !== undefined)) Queue.offerUnsafe(changed, undefined)
        return Effect.succeed(admission)
      })

    return {
      admit,
      setLimits: (next) => {
        limits = next
        published = true
        byKey.clear()
        // What was leased by an assumption lapses with its window; nothing more is leased by it.
        for (const [name, { limit: assumed }] of budgets)
          if (next.some((rule) => limitName(rule) === limitName(assumed) && rule.limit !== assumed.limit))
            budgets.delete(name)
      },
      setOffset: (us) => {
        offsetUs = us
      },
      status
    }
  })
