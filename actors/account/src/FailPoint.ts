/**
 * Places where a fault run kills or freezes the process. In the shipped program they do nothing; see FailPointArmed.
 * Of rows, `before` is right before the append and `after` right after its commit.
 */
import type { JournalRow } from "@outcry/store/JournalRow"

export const failPointNames = [
  "intent.deciding",
  "intent.committed",
  "reply.sending",
  "wire.sending",
  "wire.checked",
  "wire.sent",
  "wire.answered",
  "ack.appending",
  "ack.appended",
  "fill.appending",
  "cancel.committed",
  "order.released"
] as const
export type FailPointName = (typeof failPointNames)[number]

export const failPoint = (_name: FailPointName, _clientOrderId: string): void => {}

export const failPointRows = (_when: "before" | "after", _rows: ReadonlyArray<JournalRow>): void => {}
