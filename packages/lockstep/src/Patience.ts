/**
 * How long anything may go unanswered in lock-step before it counts as lost. The market waits, so patience costs nothing,
 * and a machine that is busy with other things must not make one run differ from another. Binance takes no longer window.
 */
export const patienceMs = 60_000
