/**
 * What a strategy actor knows about its own running: its condition, what was refused and what went wrong, and the policy
 * by which one that throws is started again or locked. Pure.
 */
import type { conditions } from "./Protocol.ts"

export type Condition = (typeof conditions)[number]

/** Throws within the window below that lock a strategy. */
export const errorsMax = 5
export const errorWindowMs = 60_000
const backoffMsMin = 500
const backoffMsMax = 30_000

export interface Refusals {
  count: number
  /** The latest one in words. */
  detail: string
}

export interface Running {
  condition: Condition
  detail: string
  errors: number
  restarts: number
  lastError: string
  /** Over all runs, as the account counts them. */
  orders: number
  fills: number
  readonly refused: Map<string, Refusals>
  /** Times of the latest throws, epoch ms, oldest first. */
  readonly recentErrors: Array<number>
}

export const initial = (): Running => ({
  condition: "starting",
  detail: "",
  errors: 0,
  restarts: 0,
  lastError: "",
  orders: 0,
  fills: 0,
  refused: new Map(),
  recentErrors: []
})

export const refuse = (running: Running, reason: string, detail: string): void => {
  const known = running.refused.get(reason)
  if (known === undefined) running.refused.set(reason, { count: 1, detail })
  else {
    known.count += 1
    known.detail = detail
  }
}

/** What follows a throw: a wait before the next start, or a lock. */
export type Verdict = { readonly next: "restart"; readonly afterMs: number } | { readonly next: "lock" }

/** Notes a throw and decides. The wait doubles with each throw within the window. */
export const thrown = (running: Running, message: string, nowMs: number): Verdict => {
  running.errors += 1
  running.lastError = message
  running.recentErrors.push(nowMs)
  while (running.recentErrors.length > 0 && running.recentErrors[0]! <= nowMs - errorWindowMs)
    running.recentErrors.shift()
  if (running.recentErrors.length >= errorsMax) return { next: "lock" }
  return { next: "restart", afterMs: Math.min(backoffMsMax, backoffMsMin * 2 ** (running.recentErrors.length - 1)) }
}
