/** The exchange in lock-step from outside: a leader on the control socket, a public stream and an account's own. */
import { markerName } from "@outcry/lockstep/StepProtocol"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { Recording } from "../src/Recording.ts"
import { ReplayMarket } from "../src/ReplayMarket.ts"
import { baseUs, diff, RecordingFolder, snapshot, ticker, trade } from "./RecordingFiles.ts"
import * as TestExchange from "./TestExchange.ts"

type Message = Readonly<Record<string, unknown>>

let exchange: TestExchange.TestExchange
const folder = new RecordingFolder()
const sockets: Array<WebSocket> = []
const at = (ms: number): number => baseUs + ms * 1_000
let files = 0

const lines = [
  snapshot(10, 10, [[100, 10]], [[102, 8]]),
  trade(20, "buy", 102, 1),
  ticker(30, 20, [100, 9], [102, 8]),
  diff(40, [11, 21], [[99, 5]], []),
  trade(350, "buy", 102, 2)
]

beforeEach(async () => {
  const source = await Recording.open([folder.gz(`${(files += 1)}.gz`, lines)])
  const instrument = TestExchange.btcUsdt
  exchange = await TestExchange.start({
    markets: [(listener) => new ReplayMarket({ instrument, source, listener })],
    warmUpUs: 0,
    lockStep: true
  })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await exchange.close()
  expect(exchange.failures).toEqual([])
})

const connect = async (path: string) => {
  const socket = new WebSocket(`ws://127.0.0.1:${exchange.port}${path}`)
  sockets.push(socket)
  const messages: Array<Message> = []
  let heard = (): void => {}
  socket.on("message", (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Message)
    heard()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve())
    socket.once("error", reject)
  })
  const next = async (): Promise<Message> => {
    while (messages.length === 0) await new Promise<void>((resolve) => (heard = resolve))
    return messages.shift()!
  }
  return { socket, next, messages }
}

const lead = async () => {
  const { next, socket } = await connect("/sim/lockstep")
  const opening = await next()
  const step = (advance = true, untilUs: number | null = null): Promise<Message> => {
    socket.send(JSON.stringify({ advance, untilUs, spoiled: null }))
    return next()
  }
  return { opening, step }
}

const state = async (): Promise<Message> =>
  (await (await fetch(`http://127.0.0.1:${exchange.port}/sim/lockstep`)).json()) as Message

describe("the exchange in lock-step", () => {
  it("stands still at the first whole book until it is led, and then tells one thing at a time", async () => {
    const { opening, step } = await lead()
    expect(opening).toMatchObject({ step: 0, timeUs: at(10), led: true, finished: false })
    const { next } = await connect("/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms")
    expect(await step()).toEqual({ step: 1, timeUs: at(20), stream: "public", waiting: 0, ended: false })
    const marks = (number: number, ms: number, isOver: boolean) => ({
      stream: "sim@step",
      data: { e: markerName({ step: number, timeUs: at(ms), isOver }) }
    })
    expect(await next()).toEqual(marks(1, 20, false))
    expect(await next()).toMatchObject({ stream: "btcusdt@trade", data: { T: Math.floor(at(20) / 1_000) } })
    expect(await next()).toEqual(marks(1, 20, true))
    // The best bid lost a lot; then a tenth of a second of depth goes out at its end.
    expect(await step()).toMatchObject({ step: 2, timeUs: at(30), stream: "public" })
    for (const wanted of [marks(2, 30, false), { stream: "btcusdt@bookTicker" }, marks(2, 30, true)])
      expect(await next()).toMatchObject(wanted)
    const depth = await step()
    expect(depth).toMatchObject({ step: 3, stream: "public" })
    expect(Number(depth["timeUs"]) % 100_000).toBe(0)
    const levels = [
      ["1.00000000", "0.00009000"],
      ["0.99000000", "0.00005000"]
    ]
    expect((await Promise.all([next(), next(), next()]))[1]).toMatchObject({ data: { b: levels } })
  })

  it("goes no further than it is asked to, and says when all is over and handled", async () => {
    const { step } = await lead()
    await connect("/ws/btcusdt@trade")
    expect(await step(true, at(15))).toMatchObject({ step: 0, timeUs: at(15), stream: "none", ended: false })
    expect(await step(false)).toMatchObject({ timeUs: at(15), stream: "none" })
    expect(await step()).toMatchObject({ step: 1, timeUs: at(20) })
    expect(await step(true, at(200))).toMatchObject({ timeUs: at(200), stream: "none" })
    expect(await step()).toMatchObject({ step: 2, timeUs: at(350), ended: true })
    expect(await state()).toMatchObject({ finished: false })
    expect(await step()).toMatchObject({ stream: "none", ended: true })
    expect(await state()).toMatchObject({ finished: true, spoiled: null, step: 2 })
  })

  it("has one leader at a time", async () => {
    await lead()
    const { socket } = await connect("/sim/lockstep")
    const [code] = await new Promise<[number]>((resolve) => socket.once("close", (why: number) => resolve([why])))
    expect(code).toBe(1008)
  })

  it("is no path of an exchange that runs by the clock", async () => {
    const usual = await TestExchange.start()
    const reply = await fetch(`http://127.0.0.1:${usual.port}/sim/lockstep`)
    await usual.close()
    expect(reply.status).toBe(404)
  })
})
