/** Clients that subscribe to everything and read nothing: the nodes must bound what they keep for them. */
import { Effect } from "effect"
import { WebSocket } from "ws"
import type { Fault } from "./Stage.ts"

const clients = 40
const forMs = 5_000
/** What all of them together may make a node grow by. */
const growthMiBMax = 96
/** What a node grows to within its first minutes, whoever listens: below it, growth says nothing of the clients. */
const grownMiB = 512

const open = (url: string, channels: ReadonlyArray<string>): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.once("error", reject)
    socket.once("open", () => {
      socket.on("error", () => undefined)
      for (const [index, channel] of channels.entries())
        socket.send(JSON.stringify({ id: index + 1, method: "subscribe", params: { channel } }))
      socket.pause()
      resolve(socket)
    })
  })

export const slowConsumers: Fault = {
  name: "clients that do not read",
  needs: "clients",
  strike: Effect.fnUntraced(function* ({ harness, node, note, violated }) {
    const { floor } = harness
    const { httpPort } = floor.nodes.find(({ name }) => name === node.name)!
    const channels = [
      ...floor.instruments.map((id) => `prices.${id.replace(":", ".")}`),
      ...harness.accounts.flatMap((account) => [`orders.${account}`, `fills.${account}`]),
      "strategies"
    ]
    const before = yield* node.memoryMiB
    const url = `ws://127.0.0.1:${httpPort}/ws?token=${floor.token}`
    const sockets = yield* Effect.tryPromise(() =>
      Promise.all(Array.from({ length: clients }, () => open(url, channels)))
    ).pipe(
      // A node that is down has no clients to be slow.
      Effect.catch(() => Effect.succeed<ReadonlyArray<WebSocket>>([]))
    )
    yield* note(`${sockets.length} clients of ${node.name} subscribe to ${channels.length} channels and do not read`)
    yield* Effect.ensuring(
      Effect.sleep(forMs),
      Effect.sync(() => {
        for (const socket of sockets) socket.terminate()
      })
    )
    const after = yield* node.memoryMiB
    yield* note(`${node.name} uses ${after} MiB, ${before} before`)
    if (before > 0 && after > Math.max(before + growthMiBMax, grownMiB))
      yield* violated("I6", `${node.name} grew from ${before} to ${after} MiB for ${clients} clients that do not read`)
  })
}
