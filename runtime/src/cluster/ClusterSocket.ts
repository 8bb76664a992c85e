/**
 * The listening end of a node's cluster transport: TCP without Nagle's delay, and writers that end with their connection.
 *
 * The stock writer waits for a drain that never comes once its peer has gone. A node that was frozen meets dozens of such
 * connections when it wakes, and whatever has to close after them would hang with them.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, Layer } from "effect"
import { Socket, SocketServer } from "effect/socket"
import type { Socket as NetSocket } from "node:net"

/** What is written after the connection has ended is left out: nobody is there to read it. */
const endingWithIt = (socket: Socket.Socket, connection: NetSocket): Socket.Socket => {
  let ended = false
  const unlessGone =
    <A>(write: (chunk: A) => Effect.Effect<void, Socket.SocketError>) =>
    (chunk: A): Effect.Effect<void, Socket.SocketError> =>
      Effect.suspend(() => (ended || connection.destroyed ? Effect.void : write(chunk)))
  const end = Effect.addFinalizer(() =>
    Effect.sync(() => {
      ended = true
    })
  )
  return Socket.make({
    reader: Effect.tap(socket.reader, () => end),
    writer: Effect.map(socket.writer, ({ write, writeAll }) => ({
      write: unlessGone(write),
      writeAll: unlessGone(writeAll)
    }))
  })
}

/** Fails where the address is in use. */
export const layer = (options: { readonly host: string; readonly port: number }) =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.map(NodeSocketServer.make({ ...options, noDelay: true }), (server) =>
      SocketServer.SocketServer.of({
        address: server.address,
        run: (handler) =>
          server.run((socket) =>
            // The server provides the connection beneath each socket.
            Effect.flatMap(Effect.serviceOption(NodeSocket.NetSocket), (connection) =>
              handler(connection._tag === "None" ? socket : endingWithIt(socket, connection.value))
            )
          )
      })
    )
  )
