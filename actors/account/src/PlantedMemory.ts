/** Of the planted bug `dedupeBeforeApply`: fills that were seen, kept from one life to the next whatever was committed. */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import { fillKey } from "@outcry/model/AccountEvent"

const seen = new WeakMap<object, Set<string>>()

/** Whether that fill was seen before by the owner of this mailbox; remembers it. */
export const isRemembered = (owner: object, command: AccountCommand | undefined): boolean => {
  if (command?.type !== "ReportFill") return false
  const keys = seen.get(owner) ?? new Set()
  seen.set(owner, keys)
  const key = fillKey(command)
  if (keys.has(key)) return true
  keys.add(key)
  return false
}
