/** Ports of this machine: whether one is free, and free ones for what nobody needs to know the number of. */
import { Effect } from "effect"
import { createServer } from "node:net"
import { type UserError, userError } from "../cli/UserError.ts"
import { defaults } from "../FloorConfig.ts"

const listenOnce = (port: number): Effect.Effect<number, NodeJS.ErrnoException> =>
  Effect.callback((resume) => {
    const server = createServer()
    server.once("error", (error) => resume(Effect.fail(error)))
    server.listen({ port, host: defaults.host, exclusive: true }, () => {
      const address = server.address()
      const found = typeof address === "object" && address !== null ? address.port : port
      server.close(() => resume(Effect.succeed(found)))
    })
  })

/** Fails with PortInUse, naming the option that chose the port. */
export const requireFreePort = (port: number): Effect.Effect<void, UserError> =>
  listenOnce(port).pipe(
    Effect.asVoid,
    Effect.mapError((error) =>
      userError(
        "PortInUse",
        error.code === "EACCES"
          ? `Port ${port} may not be used by this user.`
          : `Port ${port} on ${defaults.host} is in use by another program.`,
        "Stop that program, or choose other ports with --port (0 takes free ones)."
      )
    )
  )

/**
 * Below the ports that a system gives to connections and to whoever asks for any: what is free here is still free when
 * its owner comes to open it. Each process looks from a place of its own, and none twice at the same port.
 */
const lowest = 20_000
const range = 12_000
const apart = 37
let looked = 0

/** That many different free ports. */
export const freePorts = (count: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.gen(function* () {
    const found: Array<number> = []
    for (let tries = 0; found.length < count; tries++) {
      if (tries >= range) return yield* Effect.die(new Error(`No ${count} ports are free from ${lowest} on.`))
      const port = lowest + ((process.pid * apart + looked++) % range)
      if (yield* Effect.isSuccess(listenOnce(port))) found.push(port)
    }
    return found
  })
