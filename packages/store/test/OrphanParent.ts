/** A process that starts Postgres in the folder given, prints the server's pid, and stays until it is killed. */
import { Effect } from "effect"
import { embeddedPostgres } from "../src/EmbeddedPostgres.ts"

const [, , dataDir = "", stay = "stay"] = process.argv

const program = Effect.gen(function* () {
  const server = yield* embeddedPostgres({ dataDir })
  process.stdout.write(`${server.pid()} ${server.port}\n`)
  if (stay !== "stay") return
  // An idle fiber alone does not keep the process.
  const alive = setInterval(() => {}, 60_000)
  yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(alive)))
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(program))
