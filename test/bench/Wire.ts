/**
 * Bench `wire`: an order through the whole stack of a venue (rate limits, circuit breaker, ccxt, transport, reading of the
 * reply) against a bare signed HTTP request for the same order, to the same exchange process, in alternating windows.
 */
import { credentials, startExchange } from "@outcry/testkit/ExchangeProcess"
import { Execution } from "@outcry/venue/Execution"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import { RateLeases } from "@outcry/venue/RateLeases"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Effect, Layer } from "effect"
import { createHmac } from "node:crypto"
import { Agent, request } from "node:http"
import { type Bench, type BenchRow, grown, median, spread } from "./Bench.ts"

const rounds = 7
const ordersEach = 150
const inFlights = [1, 8] as const
const price = "40000.00"
const priceTicks = 4_000_000

const account = credentials("bench")

/** Microseconds that each call took, with so many under way. */
const timed = <E>(inFlight: number, call: (index: number) => Effect.Effect<unknown, E>) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    yield* Effect.forEach(
      Array.from({ length: ordersEach }, (_, index) => index),
      (index) =>
        Effect.gen(function* () {
          const begin = performance.now()
          yield* call(index)
          times.push((performance.now() - begin) * 1_000)
        }),
      { concurrency: inFlight, discard: true }
    )
    return median(times)
  })

const bare = (restUrl: string, agent: Agent, clientOrderId: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const params = `symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.01&price=${price}&newClientOrderId=${clientOrderId}&newOrderRespType=FULL&timestamp=${Date.now()}&recvWindow=2500`
    const signature = createHmac("sha256", account.secret).update(params).digest("hex")
    const sent = request(
      `${restUrl}/api/v3/order`,
      {
        method: "POST",
        agent,
        headers: { "X-MBX-APIKEY": account.apiKey, "content-type": "application/x-www-form-urlencoded" }
      },
      (reply) => {
        let body = ""
        reply.setEncoding("utf8")
        reply.on("data", (text: string) => (body += text))
        reply.on("end", () =>
          resume(reply.statusCode === 200 ? Effect.void : Effect.die(new Error(`the bare order was refused: ${body}`)))
        )
      }
    )
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(`${params}&signature=${signature}`)
  })

const measure = Effect.gen(function* () {
  const { address } = yield* startExchange(["bench"], ["--order-limit", "1000000", "--weight-limit", "100000000"])
  const stack = ExecutionPool.layer({ venues: [address], accounts: [account] }).pipe(
    Layer.provide(VenueGates.layer({ venues: [address] })),
    Layer.provide(RateLeases.layerMemory)
  )
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => new Agent({ keepAlive: true })),
    (each) => Effect.sync(() => each.destroy())
  )
  return yield* Effect.gen(function* () {
    const session = yield* (yield* Execution).session(account.account)
    const listed = yield* session.instruments
    if (listed._tag !== "Ok") throw new Error(listed.reason)
    const instrument = listed.value.find(({ symbol }) => symbol === "BTC/USDT")
    if (instrument === undefined) throw new Error("the exchange lists no BTC/USDT")
    let placed = 0
    const ours = Effect.suspend(() => {
      const timeIntent = Date.now() * 1_000
      return session.place({
        clientOrderId: `ours${placed++}`,
        instrument,
        terms: { side: "buy", type: "limit", priceTicks, lots: 1_000, timeInForce: "IOC", postOnly: false },
        timeIntent,
        deadlineUs: timeIntent + 2_500_000
      })
    }).pipe(
      Effect.tap((outcome) =>
        outcome._tag === "Accepted" ? Effect.void : Effect.die(new Error(`the order ended ${JSON.stringify(outcome)}`))
      )
    )
    const rows: Array<BenchRow> = []
    const points: Array<{ readonly n: number; readonly value: number }> = []
    for (const inFlight of inFlights) {
      const times = { ours: new Array<number>(), bare: new Array<number>() }
      // The first round warms both.
      for (let round = -1; round < rounds; round++) {
        const stackUs = yield* timed(inFlight, () => ours)
        const bareUs = yield* timed(inFlight, () => bare(address.restUrl, agent, `bare${placed++}`))
        if (round < 0) continue
        times.ours.push(stackUs)
        times.bare.push(bareUs)
      }
      const value = median(times.ours)
      const yardstickValue = median(times.bare)
      points.push({ n: inFlight, value })
      rows.push({
        case: `place to reply, ${inFlight} in flight, p50`,
        value,
        unit: "us",
        spread: spread(times.ours),
        yardstick: `bare signed HTTP request, ${inFlight} in flight, p50`,
        yardstickValue,
        ratio: yardstickValue / value,
        // With more under way than the processors can work at once, the time is a queue's.
        goal: inFlight === 1 ? "<= the bare request + 1 ms" : "none stated",
        met: inFlight > 1 || value <= yardstickValue + 1_000
      })
    }
    return { rows, growth: grown("us of an order in flight", points) }
  }).pipe(Effect.provide(stack))
}).pipe(Effect.scoped)

export const wireBench: Bench = { name: "wire", run: () => Effect.runPromise(measure) }
