/** What went over the wire, as it may be kept: key, signature and the time it was signed at taken out, and bounded. */
import type { WireRecord } from "../Execution.ts"
import type { Attempt } from "./Transport.ts"

const lengthMost = 4_096
const secretNames = new Set(["signature", "timestamp", "apikey", "api_key", "passphrase", "nonce"])

const bounded = (text: string): string =>
  text.length <= lengthMost ? text : `${text.slice(0, lengthMost - 24)}… (${text.length} in all)`

const withoutSecrets = (query: string): string =>
  query
    .split("&")
    .map((part) => {
      const name = part.split("=", 1)[0] ?? ""
      return secretNames.has(name.toLowerCase()) ? `${name}=…` : part
    })
    .join("&")

/** Undefined while nothing was sent. `secrets` are taken out wherever they stand. */
export const recordOf = (attempt: Attempt, secrets: ReadonlyArray<string>): WireRecord | undefined => {
  if (!attempt.sent) return undefined
  const clean = (text: string): string =>
    bounded(secrets.reduce((left, secret) => (secret === "" ? left : left.replaceAll(secret, "…")), text))
  const { answeredUs, method, path, sentUs, status } = attempt
  const request = clean(withoutSecrets(attempt.request))
  return { method, path, request, status, response: clean(attempt.body), sentUs, answeredUs }
}
