/** What happens to a node's process: it dies at a fail point, freezes and comes back, is stopped, or its clock is wrong. */
import { type FailPointName, failPointNames } from "@outcry/actor-account/FailPoint"
import { Effect } from "effect"
import type { Fault, Stage } from "./Stage.ts"
import { found, instead } from "./WaitUntil.ts"

/** With a database that is away for ten seconds meanwhile. */
const movedWithinMs = 40_000
const skewMs = 30_000

/** Waits until none of the node's accounts is on it any more. */
const untilMoved = ({ harness, node, note, owned }: Stage) =>
  harness
    .until(
      { what: `the accounts of ${node.name} are taken over`, withinMs: movedWithinMs, everyMs: 50 },
      Effect.gen(function* () {
        for (const account of owned) {
          const status = yield* harness.observer.status(account)
          if (status === undefined) return instead(`${account} does not answer`)
          if (status.node === node.name) return instead(`${account} is on ${node.name}`)
        }
        return found(undefined)
      })
    )
    .pipe(Effect.andThen(note(`the accounts of ${node.name} live elsewhere`)))

const killAt = (point: FailPointName): Fault => ({
  name: `kill at ${point}`,
  needs: "node",
  strike: Effect.fnUntraced(function* ({ node, note, random }) {
    const { clientOrderId } = yield* node.dieAt(point)
    yield* note(`${node.name} dies at ${point}, order ${clientOrderId}`)
    yield* Effect.sleep(random.between(0, 2_000))
    yield* node.start
    yield* note(`${node.name} is back`)
  })
})

const freezePastLease: Fault = {
  name: "freeze past the lease (zombie)",
  needs: "node",
  strike: Effect.fnUntraced(function* (stage) {
    const { node, note } = stage
    yield* node.freeze
    yield* note(`${node.name} is stopped (SIGSTOP)`)
    yield* untilMoved(stage).pipe(Effect.ensuring(node.resume))
    yield* note(`${node.name} goes on (SIGCONT)`)
  })
}

const freezeBeforeSend: Fault = {
  name: "freeze between check and send",
  needs: "node",
  strike: Effect.fnUntraced(function* (stage) {
    const { node, note } = stage
    const { clientOrderId } = yield* node.freezeAt("wire.checked")
    yield* note(`${node.name} is stopped with order ${clientOrderId} checked and not sent`)
    yield* untilMoved(stage).pipe(Effect.ensuring(node.resume))
    yield* note(`${node.name} goes on and sends it`)
  })
}

const freezeBriefly: Fault = {
  name: "freeze within the lease",
  needs: "node",
  strike: Effect.fnUntraced(function* ({ node, note, random }) {
    const ms = random.between(300, 1_500)
    yield* node.freeze
    yield* note(`${node.name} is stopped for ${ms} ms`)
    yield* Effect.ensuring(Effect.sleep(ms), node.resume)
    yield* note(`${node.name} goes on`)
  })
}

const stopInOrder: Fault = {
  name: "node stopped and started",
  needs: "node",
  strike: Effect.fnUntraced(function* ({ node, note, violated }) {
    const { code, signal } = yield* node.stop
    yield* note(`${node.name} is asked to stop and ends with ${code ?? signal}`)
    if (code !== 0) yield* violated("I7", `${node.name} ended with ${code ?? signal} when asked to stop`)
    yield* node.start
    yield* note(`${node.name} is back`)
  })
}

/** The machine's clock is wrong from its start: the node comes up with it. */
const skewed = (offsetMs: number): Fault => ({
  name: `clock ${offsetMs > 0 ? "ahead" : "behind"} by 30 s from the start`,
  needs: "node",
  strike: Effect.fnUntraced(function* ({ node, note }) {
    yield* node.kill
    yield* node.shiftClock(offsetMs)
    yield* node.start
    yield* note(`${node.name} was killed and is back with its clock ${offsetMs} ms off`)
    yield* Effect.sleep("4 seconds")
    yield* node.kill
    yield* node.shiftClock(0)
    yield* node.start
    yield* note(`${node.name} was killed again and is back with its clock right`)
  })
})

const jump = (offsetMs: number): Fault => ({
  name: `clock jumps ${offsetMs > 0 ? "ahead" : "back"} by 30 s`,
  needs: "node",
  strike: Effect.fnUntraced(function* ({ node, note }) {
    yield* node.shiftClock(offsetMs)
    yield* note(`the clock of ${node.name} jumps by ${offsetMs} ms`)
    yield* Effect.sleep("3 seconds")
    yield* node.shiftClock(0)
    yield* note(`the clock of ${node.name} jumps back`)
    yield* Effect.sleep("1 second")
  })
})

/** Deadlines are by the venue's clock, whatever the owner's says: behind it, an order seems to have time left. */
const behindAtSend = (what: "freeze" | "kill"): Fault => ({
  name: `clock behind by 30 s, ${what} between check and send`,
  needs: "node",
  strike: Effect.fnUntraced(function* (stage) {
    const { node, note, random } = stage
    yield* node.shiftClock(-skewMs)
    yield* note(`the clock of ${node.name} jumps by ${-skewMs} ms`)
    // Now and then before the node has measured its clock again.
    yield* Effect.sleep(random.between(0, 1_500))
    const { clientOrderId } = yield* what === "freeze" ? node.freezeAt("wire.checked") : node.dieAt("wire.checked")
    yield* note(`${node.name}: ${what} with order ${clientOrderId} checked and not sent`)
    if (what === "freeze") {
      yield* untilMoved(stage).pipe(Effect.ensuring(node.resume))
      yield* note(`${node.name} goes on and sends it`)
      yield* Effect.sleep("1 second")
      return yield* node.shiftClock(0)
    }
    yield* node.start
    yield* note(`${node.name} is back, its clock still behind`)
    yield* Effect.sleep("1 second")
    yield* node.shiftClock(0)
  })
})

export const killFaults: ReadonlyArray<Fault> = failPointNames.map(killAt)
export const freezeFaults = { freezePastLease, freezeBeforeSend, freezeBriefly }
export const clockFaults = {
  ahead: skewed(skewMs),
  behind: skewed(-skewMs),
  jumpAhead: jump(skewMs),
  jumpBack: jump(-skewMs),
  behindAtFreeze: behindAtSend("freeze"),
  behindAtKill: behindAtSend("kill")
}
export { stopInOrder }
