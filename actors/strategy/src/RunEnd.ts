/** How a run ends: every run does, by one of these; the actor decides what follows. */

/** A handler threw, or what the strategy was given or made does not fit its schemas. Counts towards the lock. */
export class StrategyThrew extends Error {
  readonly _tag = "StrategyThrew"
}

/** Something the strategy depends on is not there now: the next run starts shortly. */
export class NotYet extends Error {
  readonly _tag = "NotYet"
}

/** A later run of the same strategy has taken over: this one is left over, perhaps on a node that lost its shard. */
export class TakenOver extends Error {
  readonly _tag = "TakenOver"
}
