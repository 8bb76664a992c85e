/** What makes a run's figures doubtful, and why one did not trade. */
import type { Funnel, RunWarning } from "./BacktestResult.ts"

/** Counted warnings; the first of a kind says where. */
export class RunWarnings {
  private readonly byCode = new Map<string, { detail: string; count: number }>()

  add(code: string, detail: string, count = 1): void {
    const known = this.byCode.get(code)
    if (known === undefined) this.byCode.set(code, { detail, count })
    else known.count += count
  }

  get list(): ReadonlyArray<RunWarning> {
    return Array.from(this.byCode, ([code, { count, detail }]) => ({ code, detail, count }))
  }
}

/** Why nothing was filled: the first step on the way at which nothing is left. */
export const whyNoFills = (funnel: Funnel, details: Readonly<Record<string, string>>): string => {
  const { events, fills: _, intents, orders, refusals, signals } = funnel
  if (events === 0)
    return "no event reached a strategy: the feeds it declares are not on the tape, or the range is empty"
  if (intents === 0)
    return signals === 0
      ? `${events} events, and the strategy asked for nothing: look at its conditions, and whether its warm-up ended`
      : `${signals} signals, and none led to an order: the strategy saw what it looks for and did not act on it`
  if (orders === 0) {
    const [reason, count] = Object.entries(refusals).toSorted(([, a], [, b]) => b - a)[0] ?? ["", 0]
    return `every order was refused, ${count} by ${reason}: ${details[reason] ?? ""}`
  }
  return `${orders} orders, and none was filled: look at their prices, and at the queue model`
}
