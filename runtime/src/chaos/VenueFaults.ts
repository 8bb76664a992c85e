/** What the exchange does wrong, by its own faults: replies, the user stream, the market streams. */
import type { FaultRule } from "@outcry/exchange-sim/Faults"
import { Effect } from "effect"
import type { Fault } from "./Stage.ts"

const venue = (name: string, rules: ReadonlyArray<FaultRule>, forMs = 4_000): Fault => ({
  name,
  needs: "venue",
  strike: Effect.fnUntraced(function* ({ harness, note, random, venue: add }) {
    const seed = random.between(1, 1_000_000)
    yield* add(rules.map((rule, index) => ({ seed: seed + index, ...rule })))
    yield* note(`the exchange: ${name}`)
    yield* Effect.sleep(forMs)
    const struck = yield* harness.exchange.struck
    yield* note(`the exchange's faults struck ${struck.reduce((sum, each) => sum + each, 0)} times`)
  })
})

const any = { method: "*", path: "*" }

export const replyFaults = {
  timeout: venue("time-out after accept", [
    { kind: "timeoutAfterAccept", probability: 0.3, count: 8, delayMs: 8_000 },
    { kind: "userDrop", probability: 0.5, count: 100 }
  ]),
  error: venue("5xx after accept", [
    { kind: "errorAfterAccept", probability: 0.4 },
    { kind: "userDrop", probability: 0.5, count: 100 }
  ]),
  reset: venue("connection cut after accept", [{ kind: "resetAfterAccept", probability: 0.4 }]),
  errorBefore: venue("5xx before accept", [{ kind: "errorBeforeAccept", probability: 0.4 }]),
  garbage: venue("unreadable replies after accept", [{ kind: "garbageReply", probability: 0.4 }]),
  limited: venue("rate limit (429)", [{ kind: "rateLimit", probability: 0.5, ...any }]),
  banned: venue("ban (418)", [{ kind: "ban", probability: 1, count: 20, ...any }]),
  maintenance: venue("maintenance", [{ kind: "maintenance", ...any }]),
  slow: venue("slow replies", [{ kind: "replyLatency", probability: 0.5, delayMs: 1_800 }]),
  lookupAbsent: venue("look-ups that miss what is there", [
    { kind: "errorAfterAccept", probability: 0.3 },
    { kind: "lookupAbsent", count: 2, method: "GET" },
    { kind: "userDrop", probability: 0.5, count: 100 }
  ]),
  lookupWrong: venue("look-ups that name another order", [
    { kind: "errorAfterAccept", probability: 0.3 },
    { kind: "lookupWrongOrder", count: 3, method: "GET" }
  ]),
  tradesLag: venue("trades listed late", [{ kind: "tradesLag", delayMs: 1_500, method: "GET", path: "*" }])
}

export const userStreamFaults = {
  repeated: venue("fills repeated and reordered", [
    { kind: "userDuplicate", probability: 0.5 },
    { kind: "userReorder", probability: 0.5 },
    { kind: "userDelay", probability: 0.2, delayMs: 700 }
  ]),
  dropped: venue("fills dropped", [{ kind: "userDrop", probability: 0.4 }]),
  sockets: venue("sockets dropped", [
    { kind: "userDisconnect", probability: 0.1 },
    { kind: "streamDisconnect", probability: 0.005 }
  ]),
  frozen: venue("user stream frozen", [{ kind: "userFreeze", delayMs: 4_000 }])
}

export const marketFaults = {
  frozen: venue("market data socket frozen", [{ kind: "streamFreeze", delayMs: 4_000, count: 4 }], 5_000),
  dropped: venue("depth frames dropped", [{ kind: "depthDrop", probability: 0.05 }]),
  gap: venue("depth sequence gaps", [{ kind: "depthGap", probability: 0.02 }]),
  back: venue("depth sequence goes back", [{ kind: "depthBack", probability: 0.02 }]),
  crossed: venue("crossed book", [{ kind: "depthCrossed", probability: 0.05 }])
}
