/** Ports that are free now and stay so until their owner opens them; and what is said where one is not. */
import { Effect } from "effect"
import { SocketServer } from "effect/socket"
import { createServer } from "node:net"
import { expect, it } from "vitest"
import { knownError } from "../src/cli/KnownErrors.ts"
import { freePorts } from "../src/floor/FreePort.ts"

it("gives each port once, none that is taken, and none that a system gives to whoever asks for any", async () => {
  const server = createServer()
  const opens = (port: number) =>
    new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false))
      server.listen(port, "127.0.0.1", () => resolve(true))
    })
  let [first] = await Effect.runPromise(freePorts(1))
  while (!(await opens(first! + 1))) [first] = await Effect.runPromise(freePorts(1))
  const ports = [first!, ...(await Effect.runPromise(freePorts(20))), ...(await Effect.runPromise(freePorts(20)))]
  server.close()
  expect(new Set(ports).size).toBe(41)
  expect(ports).not.toContain(first! + 1)
  for (const port of ports) expect(port >= 20_000 && port < 32_768, String(port)).toBe(true)
})

it("names the port that a node could not open", () => {
  const cause = new Error("listen EADDRINUSE: address already in use 127.0.0.1:7102")
  const reason = new SocketServer.SocketServerOpenError({ cause })
  const error = knownError(new SocketServer.SocketServerError({ reason }))
  expect(error).toMatchObject({ kind: "PortInUse" })
  expect(error?.reason).toBe("A port cannot be opened: listen EADDRINUSE: address already in use 127.0.0.1:7102.")
})
