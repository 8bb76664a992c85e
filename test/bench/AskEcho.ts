/**
 * The other process of bench `ask`: a cluster node with one kind of entity that answers at once, on the transport of the
 * floor's nodes, and beside it a bare TCP echo. Prints its echo port once it can be asked; ends when its input closes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as ClusterNetwork from "@outcry/runtime/cluster/ClusterNetwork"
import { Database } from "@outcry/store/Database"
import { Effect, Layer, Redacted, References } from "effect"
import { createServer } from "node:net"
import { desks, shards } from "./AskDesk.ts"

const [url, port] = process.argv.slice(2)

const cluster = ClusterNetwork.layer({ host: "127.0.0.1", port: Number(port), shards, shardLockExpirationMs: 10_000 })

const echo = Effect.callback<number>((resume) => {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy())
    socket.on("data", (bytes) => socket.write(bytes))
  })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
  })
})

const untilParentIsGone = Effect.callback<void>((resume) => {
  process.stdin.once("close", () => resume(Effect.void))
  process.stdin.resume()
})

const program = Effect.gen(function* () {
  const echoPort = yield* echo
  process.stdout.write(`${JSON.stringify({ echoPort })}\n`)
  yield* untilParentIsGone
}).pipe(
  Effect.provide(
    desks.pipe(
      Layer.provideMerge(cluster),
      Layer.provideMerge(Database.layer({ url: Redacted.make(url ?? ""), applicationName: "bench ask" }))
    )
  ),
  Effect.andThen(Effect.sync(() => process.exit(0)))
)

NodeRuntime.runMain(program.pipe(Effect.provideService(References.MinimumLogLevel, "None")))
