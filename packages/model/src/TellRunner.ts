/** Tells a strategy's runner what its account's facts mean to it. The live run and a back-test over an account both do. */
import type { Told } from "./FactReader.ts"
import type { StrategyRunner } from "./StrategyRunner.ts"

/** `joinedSeq`: the highest intent sequence of earlier runs. Throws what the handler throws. */
export const tell = <P, S>(runner: StrategyRunner<P, S>, told: Told, joinedSeq: number, now: number): void => {
  switch (told.kind) {
    case "placed":
      // An earlier run asked for it after its snapshot, or the account tries again by itself.
      if (told.again || told.order.orderSeq <= joinedSeq)
        return runner.adopt({ intentSeq: told.order.orderSeq, positions: [], openOrders: [told.order] })
      return runner.orderMoved(
        told.order.orderSeq,
        told.order.status === undefined ? {} : { status: told.order.status }
      )
    case "moved":
      return runner.orderMoved(told.orderSeq, told.now)
    case "busted":
      return runner.adopt({
        intentSeq: 0,
        positions: [{ instrument: told.instrument, lots: told.lots }],
        openOrders: told.order === undefined ? [] : [told.order]
      })
    case "fill":
      return runner.fill(told.fill, now)
    case "end":
    case "refused":
      return runner.orderEnded(told.end, now)
    case "cancelRefused":
      return runner.cancelRefused(told.orderSeq)
  }
}
