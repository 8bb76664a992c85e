/** Asks before something that cannot be taken back. Without a terminal nothing is asked: `--yes` says it beforehand. */
import { Effect } from "effect"
import { createInterface } from "node:readline/promises"
import { type UserError, userError } from "./UserError.ts"

/** `what` says in one sentence what will happen. */
export const confirm = Effect.fnUntraced(function* (what: string, said: boolean): Effect.fn.Return<void, UserError> {
  if (said) return
  if (!process.stdin.isTTY)
    return yield* userError("Usage", `${what} Nobody is there to confirm it.`, "Add --yes to do it without asking.")
  const answer = yield* Effect.promise(async () => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return await terminal.question(`${what} Go on? [y/N] `)
    } finally {
      terminal.close()
    }
  })
  if (/^y(es)?$/i.test(answer.trim())) return
  return yield* userError("Usage", "It was not confirmed, so nothing was done.", "Answer y, or add --yes.")
})
