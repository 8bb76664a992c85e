/**
 * Bugs that can be planted, one at a time, to show that the fault runs would catch them. In the shipped program `planted`
 * is always false; only under the import condition `faults` can one be armed (see PlantedArmed).
 */
import { isArmed } from "#planted"

export const plantedBugs = [
  /** An append is taken whatever epoch its owner holds. */
  "noEpochCheck",
  /** The fence is looked at without a lock (Postgres only). */
  "noForShare",
  /** Of an append that is refused, rows whose own position is free are written. */
  "secondRowOfRefusedAppend",
  /** The caller is answered before the facts are committed. */
  "ackBeforeCommit",
  /** The order goes out before its intent is committed. */
  "sendBeforeCommit",
  /** A successor believes that an order is absent without waiting until it can no longer arrive. */
  "expiryNotAwaited",
  /** A look-up takes the first order of the answer, whatever its client id. */
  "firstOfListTrusted",
  /** The key of a fill is remembered before its booking is committed. */
  "dedupeBeforeApply",
  /** A request without a clear answer is sent again. */
  "blindRetryOfUnknown",
  /** A look-up that could not be answered counts as "does not exist". */
  "unclearTakenForAbsent",
  /** Requests carry no deadline, and none is checked. */
  "deadlineNotChecked",
  /** A fill is booked each time it is reported. */
  "fillCountedTwice",
  /** An order is closed by its cancel though fills from before are not in yet, and nothing is booked after its close. */
  "cancelTakenForEnd",
  /** A time-out is taken for a rejection. */
  "timeoutTakenForRejection"
] as const
export type PlantedBug = (typeof plantedBugs)[number]

export const planted = (bug: PlantedBug): boolean => isArmed(bug)
