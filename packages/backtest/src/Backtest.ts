/** An event-driven back-test from its spec to its result. */
import type { BacktestResult } from "./BacktestResult.ts"
import { BacktestRun } from "./BacktestRun.ts"
import type { BacktestSpec } from "./BacktestSpec.ts"

/**
 * Runs it to the end, synchronously. Throws BacktestFault or InvalidModel where the spec makes no sense, StrategyFailed
 * where a strategy throws. For progress and cancellation take a BacktestRun step by step.
 */
export const runBacktest = (spec: BacktestSpec): BacktestResult => {
  const run = new BacktestRun(spec)
  while (run.step(Number.MAX_SAFE_INTEGER));
  return run.finish()
}
