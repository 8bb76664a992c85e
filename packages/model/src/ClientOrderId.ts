/**
 * Client order ids: 18 lower-case characters that fit every venue we know, derived and so derivable again after a crash.
 *
 * `oc` followed by 80 bits of SHA-256 over (journal id, account, strategy, intent sequence) in base32. The journal id is
 * made when the database is, so a fresh database never repeats an old one's ids.
 */
import { createHash } from "node:crypto"

export const prefix = "oc"

const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

/** The id of one intent; the same inputs always give the same id. */
export const derive = (journalId: string, account: string, strategy: string, intentSeq: number): string => {
  const digest = createHash("sha256")
    .update(JSON.stringify([journalId, account, strategy, intentSeq]))
    .digest()
  let id = prefix
  let bits = 0
  let held = 0
  for (const byte of digest.subarray(0, 10)) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      id += alphabet[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return id
}

/**
 * The ids of one account: an intent's own, and one of their own for each further attempt at it. Attempt 1 is `derive`.
 */
export const idOf =
  (journalId: string, account: string) =>
  (strategy: string, intentSeq: number, attempt: number): string =>
    derive(journalId, account, attempt === 1 ? strategy : `${strategy}#${attempt}`, intentSeq)

/** Whether an id has the form of ours. One that is in no journal means that somebody else writes with our keys. */
export const isOurs = (clientOrderId: string): boolean => /^oc[a-z2-7]{16}$/.test(clientOrderId)
