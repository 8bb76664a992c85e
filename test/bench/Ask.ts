/**
 * Bench `ask`: volatile asks of an account-like entity on the same process and on another one, with 1, 64 and 512 in
 * flight, over the transport of the floor's nodes; against a bare TCP echo of as many bytes to the same other process,
 * in alternating windows of one run.
 */
import * as ClusterNetwork from "@outcry/runtime/cluster/ClusterNetwork"
import { freePorts } from "@outcry/runtime/floor/FreePort"
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Effect, Layer, Redacted, References } from "effect"
import { EntityId, Sharding } from "effect/cluster"
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { command, Desk, desks, shards } from "./AskDesk.ts"
import { type Bench, type BenchRow, grown, median, spread } from "./Bench.ts"

const inFlights = [1, 64, 512] as const
const rounds = 5
const windowMs = 900
/** A command and its answer as the transport writes them, about: the echo sends as much each way. */
const messageBytes = 220
const goals = { local: 30_000, remote: 15_000, ofEcho: 0.4 }

interface Rate {
  readonly perSecond: number
}

/** Keeps `inFlight` calls under way for one window. */
const window = <E>(inFlight: number, call: Effect.Effect<unknown, E>) =>
  Effect.gen(function* () {
    const begin = performance.now()
    let done = 0
    const worker = Effect.gen(function* () {
      while (performance.now() - begin < windowMs) {
        yield* call
        done += 1
      }
    })
    yield* Effect.all(
      Array.from({ length: inFlight }, () => worker),
      { concurrency: "unbounded", discard: true }
    )
    const rate: Rate = { perSecond: (done / (performance.now() - begin)) * 1000 }
    return rate
  })

/** Echoes over one connection, `inFlight` messages under way. */
const echoWindow = (socket: Socket, inFlight: number) =>
  Effect.callback<Rate>((resume) => {
    const message = Buffer.alloc(messageBytes, 1)
    const begin = performance.now()
    let received = 0
    let sent = inFlight
    const onData = (bytes: Buffer): void => {
      received += bytes.length
      const elapsed = performance.now() - begin
      const back = Math.floor(received / messageBytes)
      if (elapsed < windowMs)
        while (sent < back + inFlight) {
          sent += 1
          // One write a message, as a caller that does not wait for others makes.
          socket.write(message)
        }
      else if (received >= sent * messageBytes) {
        socket.off("data", onData)
        resume(Effect.succeed({ perSecond: (back / elapsed) * 1000 }))
      }
    }
    socket.on("data", onData)
    for (let index = 0; index < inFlight; index++) socket.write(message)
  })

const otherProcess = Effect.fnUntraced(function* (url: string, port: number) {
  const program = fileURLToPath(new URL("./AskEcho.ts", import.meta.url))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [program, url, String(port)], { stdio: ["pipe", "pipe", "inherit"] })),
    (process_) =>
      Effect.callback<void>((resume) => {
        if (process_.exitCode !== null) return resume(Effect.void)
        process_.once("exit", () => resume(Effect.void))
        process_.stdin.end()
      })
  )
  const echoPort = yield* Effect.callback<number>((resume) => {
    createInterface({ input: child.stdout }).once("line", (line) =>
      resume(Effect.succeed((JSON.parse(line) as { readonly echoPort: number }).echoPort))
    )
  })
  return yield* Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect({ port: echoPort, host: "127.0.0.1", noDelay: true }, () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
})

/** Names of entities here and there: waits until both processes own shards. */
const spreadOut = Effect.gen(function* () {
  const sharding = yield* Sharding.Sharding
  for (;;) {
    const here: Array<string> = []
    const there: Array<string> = []
    for (let index = 0; index < 64; index++) {
      const id = `desk-${index}`
      const shard = yield* Desk.getShardId(EntityId.make(id))
      if (sharding.hasShardId(shard)) here.push(id)
      else there.push(id)
    }
    if (here.length > 8 && there.length > 8) return { here: here.slice(0, 8), there: there.slice(0, 8) }
    yield* Effect.sleep("50 millis")
  }
})

const measure = Effect.fnUntraced(function* (socket: Socket) {
  const client = yield* Desk.client
  const places = yield* spreadOut
  let asked = 0
  const ask = (ids: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      asked += 1
      return client(ids[asked % ids.length]!).Submit(command(asked))
    })
  const rows: Array<BenchRow> = []
  const points = { local: new Array<{ n: number; value: number }>(), remote: new Array<{ n: number; value: number }>() }
  for (const inFlight of inFlights) {
    const rates = { local: new Array<number>(), remote: new Array<number>(), echo: new Array<number>() }
    for (let round = -1; round < rounds; round++) {
      const local = yield* window(inFlight, ask(places.here))
      const remote = yield* window(inFlight, ask(places.there))
      const echo = yield* echoWindow(socket, inFlight)
      // The first round wakes the entities and warms both processes.
      if (round < 0) continue
      rates.local.push(local.perSecond)
      rates.remote.push(remote.perSecond)
      rates.echo.push(echo.perSecond)
    }
    const yardstickValue = median(rates.echo)
    for (const place of ["local", "remote"] as const) {
      const value = median(rates[place])
      const ratio = value / yardstickValue
      points[place].push({ n: inFlight, value })
      // One at a time measures a round trip; the goals are rates under load.
      const judged = place === "local" ? value >= goals.local : value >= goals.remote && ratio >= goals.ofEcho
      rows.push({
        case: `${place === "local" ? "same process" : "other process"}, ${inFlight} in flight`,
        value,
        unit: "asks/s",
        spread: spread(rates[place]),
        yardstick: `raw TCP echo of ${messageBytes} bytes to the other process, ${inFlight} in flight`,
        yardstickValue,
        ratio,
        goal: place === "local" ? ">= 30,000/s" : ">= 15,000/s and >= 0.4 of the echo",
        met: judged
      })
    }
  }
  return {
    rows,
    growth: [
      ...grown("asks/s in flight, same process", points.local),
      ...grown("asks/s in flight, other process", points.remote)
    ]
  }
})

const program = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = mkdtempSync(join(tmpdir(), "outcry-ask-"))
      // As root, the server's own user has to get in.
      chmodSync(made, 0o755)
      return made
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const server = yield* embeddedPostgres({ dataDir: directory })
  const [mine, theirs] = yield* freePorts(2)
  const node = { host: "127.0.0.1", port: mine!, shards, shardLockExpirationMs: 10_000 }
  const here = desks.pipe(
    Layer.provideMerge(ClusterNetwork.layer(node)),
    Layer.provideMerge(Database.layer({ url: server.url, applicationName: "bench ask" }))
  )
  return yield* Effect.gen(function* () {
    const socket = yield* otherProcess(Redacted.value(server.url), theirs!)
    return yield* measure(socket)
  }).pipe(Effect.provide(here))
}).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))

export const askBench: Bench = { name: "ask", run: () => Effect.runPromise(program) }
