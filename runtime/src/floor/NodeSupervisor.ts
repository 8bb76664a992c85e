/**
 * Keeps the nodes of a floor running: each is a process; one that ends without being asked to is started again once its
 * accounts live elsewhere (or did not within a bound), with back-off, and not for ever. Every such end is a failover of
 * the report.
 */
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Ref, Scope } from "effect"
import { join } from "node:path"
import { isoTime } from "../cli/TimeText.ts"
import { type UserError, userError } from "../cli/UserError.ts"
import type { NodeConfig } from "../FloorConfig.ts"
import type { FloorStatus } from "../gateway/FloorStatus.ts"
import type { Failover } from "../report/Report.ts"
import { type ChildProcess, type Ended, endedText, logTail, startChild } from "./ChildProcess.ts"
import { firstAnswer, nodeClient } from "./NodeClient.ts"
import { warn } from "./Progress.ts"

const program = join(import.meta.dirname, "..", "main.ts")
const readyWithinMs = 60_000
/** Longer than the node's own bound for leaving in order. */
const graceMs = 10_000
/** How long a restart waits for the node's accounts to live elsewhere. */
const movedWithinMs = 10_000
const pollMs = 50
/** A node that ends this soon after it was ready, or before, counts as failing. */
const shortLifeMs = 5_000
const failuresMax = 5

export interface SupervisorOptions {
  readonly nodes: ReadonlyArray<NodeConfig>
  readonly floorFile: string
  readonly logs: string
  readonly token: string
  /** Told whenever the set of processes changed. */
  readonly onChange: (children: ReadonlyArray<ChildProcess>) => void
}

interface Managed {
  readonly config: NodeConfig
  readonly url: string
  child: ChildProcess | undefined
  starts: number
  ready: boolean
}

export interface NodeSupervisor {
  readonly gateways: ReadonlyArray<{ readonly node: string; readonly url: string }>
  readonly nodes: () => ReadonlyArray<{
    readonly name: string
    readonly starts: number
    readonly ready: boolean
    readonly pid: number
  }>
  readonly failovers: () => ReadonlyArray<Failover>
  /** From whichever node answers; also notes where every account lives. */
  readonly status: Effect.Effect<FloorStatus, UserError>
  /** The same with the accounts' state hashes. */
  readonly hashedStatus: Effect.Effect<FloorStatus, UserError>
  readonly windDown: Effect.Effect<void, UserError>
  /** Every node has left for good. */
  readonly allLost: Effect.Effect<UserError>
  /** Ends all nodes in order, at once, each within its bound; nothing is started any more. */
  readonly stop: Effect.Effect<void>
}

const roundMs = (milliseconds: number): number => Math.max(0, Math.round(milliseconds * 10) / 10)

/** Starts every node and returns when all are ready. The scope ends them. */
export const superviseNodes = Effect.fnUntraced(function* (options: SupervisorOptions) {
  const scope = yield* Effect.scope
  const managed = options.nodes.map((config): Managed => ({
    config,
    url: `http://${config.httpHost}:${config.httpPort}`,
    child: undefined,
    starts: 0,
    ready: false
  }))
  const failovers: Array<Failover> = []
  /** Node of each account, as last seen. */
  const homes = new Map<string, string>()
  const stopping = yield* Ref.make(false)
  const lost = yield* Deferred.make<UserError>()
  let given = 0
  let recovering = 0

  const clients = (except?: string) =>
    managed
      .filter(({ config, ready }) => ready && config.name !== except)
      .map(({ url }) => nodeClient(url, options.token))
  const changed = () => options.onChange(managed.flatMap(({ child }) => (child === undefined ? [] : [child])))

  const launch = Effect.fnUntraced(function* (node: Managed, nodeScope: Scope.Scope) {
    node.starts += 1
    node.ready = false
    const { name } = node.config
    const child = yield* startChild({
      name,
      args: [program, "node", "--config", options.floorFile, "--name", name, "--lifeline"],
      logFile: join(options.logs, `${name}.jsonl`),
      graceMs
    }).pipe(Effect.provideService(Scope.Scope, nodeScope))
    node.child = child
    changed()
    return child
  })

  /** Until its gateway says ready, or the process has ended. */
  const untilReady = Effect.fnUntraced(function* (node: Managed, child: ChildProcess) {
    const client = nodeClient(node.url, options.token)
    let waitingFor = "its gateway"
    const poll = client.readiness.pipe(
      Effect.match({
        onFailure: () => false,
        onSuccess: ({ checks, ready }) => {
          waitingFor = checks
            .filter(({ ok }) => !ok)
            .map(({ detail, name }) => `${name} (${detail})`)
            .join(", ")
          return ready
        }
      }),
      Effect.tap((ready) => (ready ? Effect.void : Effect.sleep(pollMs))),
      Effect.repeat({ until: (ready) => ready }),
      Effect.timeoutOrElse({
        duration: readyWithinMs,
        orElse: () =>
          Effect.fail(
            userError(
              "NodeFailed",
              `${node.config.name} was not ready within ${readyWithinMs / 1_000} s: still waiting for ${waitingFor}.`,
              `Its log ${child.logFile} says more.`
            )
          )
      })
    )
    const ended = Effect.flatMap(Deferred.await(child.ended), (how) => Effect.fail(endedEarly(node, child, how)))
    yield* Effect.raceFirst(Effect.asVoid(poll), ended)
    node.ready = true
  })

  /** How long after `endedMs` every account of the node accepted commands elsewhere; null where not in time. */
  const recovery = Effect.fnUntraced(
    function* (node: string, accounts: ReadonlyArray<string>, endedMs: number) {
      const moved = (account: string) =>
        Effect.suspend(() =>
          firstAnswer(clients(node).map((client) => client.account(account, { hashed: false })))
        ).pipe(
          Effect.match({
            onFailure: () => false,
            onSuccess: (status) => status.node !== node && status.condition === "ready"
          }),
          Effect.tap((done) => (done ? Effect.void : Effect.sleep(pollMs))),
          Effect.repeat({ until: (done) => done })
        )
      const all = yield* Effect.forEach(accounts, moved, { concurrency: "unbounded", discard: true }).pipe(
        Effect.timeoutOption(movedWithinMs)
      )
      return all._tag === "Some" ? roundMs((yield* Clock.currentTimeMillis) - endedMs) : null
    },
    (recovered) =>
      Effect.acquireUseRelease(
        Effect.sync(() => (recovering += 1)),
        () => recovered,
        () => Effect.sync(() => (recovering -= 1))
      )
  )

  const life = Effect.fnUntraced(function* (node: Managed, first: ChildProcess, firstScope: Scope.Closeable) {
    const { name } = node.config
    let child = first
    let childScope = firstScope
    let readyAtMs = yield* Clock.currentTimeMillis
    for (let failures = 0; ;) {
      const how = yield* Deferred.await(child.ended)
      if (yield* Ref.get(stopping)) return
      const seenMs = yield* Clock.currentTimeMillis
      const wasReady = node.ready
      node.ready = false
      node.child = undefined
      changed()
      yield* warn(`${name} ${endedText(how)}; its actors move`)
      const accountsMoved = [...homes].filter(([, home]) => home === name).map(([account]) => account)
      failures = wasReady && how.atMs - readyAtMs > shortLifeMs ? 0 : failures + 1
      const index = failovers.length
      failovers.push({
        node: name,
        ended: endedText(how),
        killedAt: isoTime(how.atMs),
        detectedMs: roundMs(seenMs - how.atMs),
        recoveredMs: null,
        accountsMoved,
        restartedMs: null
      })
      const update = (change: Partial<Failover>): void => {
        failovers[index] = { ...failovers[index]!, ...change }
      }
      update({ recoveredMs: yield* recovery(name, accountsMoved, how.atMs) })
      yield* Scope.close(childScope, Exit.void)
      if (failures >= failuresMax) {
        given += 1
        yield* warn(
          `${name} ended ${failures} times soon after its start and is not started again; see ${child.logFile}`
        )
        if (given === managed.length) yield* Deferred.succeed(lost, endedEarly(node, child, how))
        return
      }
      yield* Effect.sleep(Duration.millis(failures === 0 ? 0 : Math.min(10_000, 250 * 2 ** failures)))
      if (yield* Ref.get(stopping)) return
      childScope = yield* Scope.fork(scope)
      child = yield* launch(node, childScope)
      const ready = yield* Effect.exit(untilReady(node, child))
      if (Exit.isSuccess(ready)) {
        readyAtMs = yield* Clock.currentTimeMillis
        update({ restartedMs: roundMs(readyAtMs - how.atMs) })
        yield* warn(`${name} is back`)
      } else yield* child.signal("SIGKILL")
    }
  })

  const startOne = Effect.fnUntraced(function* (node: Managed) {
    const nodeScope = yield* Scope.fork(scope)
    const child = yield* launch(node, nodeScope)
    yield* untilReady(node, child)
    return { node, child, nodeScope }
  })

  // All at once: the first migrates nothing any more, and each finds its peers within a moment.
  const started = yield* Effect.forEach(managed, startOne, { concurrency: "unbounded" })
  const lives = yield* Effect.forEach(started, ({ child, node, nodeScope }) =>
    Effect.forkIn(life(node, child, nodeScope), scope)
  )

  const firstStatus = (statusOf: (client: ReturnType<typeof nodeClient>) => Effect.Effect<FloorStatus, UserError>) =>
    Effect.suspend(() => firstAnswer(clients().map(statusOf))).pipe(
      Effect.tap(({ accounts }) =>
        Effect.sync(() => {
          for (const { account, node } of accounts) homes.set(account, node)
        })
      )
    )

  const stop = Effect.gen(function* () {
    yield* Ref.set(stopping, true)
    // How long an account took to come back is known only once it has.
    while (recovering > 0) yield* Effect.sleep(pollMs)
    yield* Effect.forEach(lives, Fiber.interrupt, { discard: true, concurrency: "unbounded" })
    yield* Effect.forEach(
      managed,
      ({ child }) =>
        child === undefined
          ? Effect.void
          : Effect.andThen(child.signal("SIGTERM"), Effect.timeoutOption(Deferred.await(child.ended), graceMs)),
      { concurrency: "unbounded", discard: true }
    )
  })

  const supervisor: NodeSupervisor = {
    gateways: managed.map(({ config, url }) => ({ node: config.name, url })),
    nodes: () =>
      managed.map(({ child, config, ready, starts }) => ({
        name: config.name,
        starts,
        ready,
        pid: child?.identity.pid ?? 0
      })),
    failovers: () => failovers,
    status: firstStatus((client) => client.status),
    hashedStatus: firstStatus((client) => client.hashedStatus),
    windDown: Effect.suspend(() => firstAnswer(clients().map((client) => client.windDown))),
    allLost: Deferred.await(lost),
    stop
  }
  return supervisor
})

const endedEarly = (node: Managed, child: ChildProcess, how: Ended): UserError => {
  const tail =
    logTail(child.logFile, 3)
      .split("\n")
      .findLast((line) => line.includes("error")) ?? logTail(child.logFile, 1)
  return userError(
    "NodeFailed",
    `${node.config.name} ${endedText(how)} before it was ready: ${tail.slice(0, 400)}.`,
    `Its log ${child.logFile} says more.`
  )
}
