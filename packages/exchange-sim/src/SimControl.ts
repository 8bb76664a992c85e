/**
 * What a test does to the exchange from outside, for callers on this machine only and only where it was started with
 * `--faults`: rules of faults, the venue's clock, and taking an execution back. Nothing of it exists at a real venue.
 *
 * `GET PUT DELETE /sim/faults {"rules":[…]}`, `GET PUT /sim/clock {"offsetMs":…}`, `PUT /sim/bust {"symbol":…,"tradeId":…}`.
 */
import * as Amount from "@outcry/model/Amount"
import { Schema } from "effect"
import type { Exchange } from "./Exchange.ts"
import { FaultRules, type Faults } from "./Faults.ts"

/** How far the venue's clock is from the machine's. */
export interface Skew {
  offsetMs: number
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

const offsetMsMost = 86_400_000
const ClockSetting = Schema.Struct({
  offsetMs: Schema.Int.check(Schema.isBetween({ minimum: -offsetMsMost, maximum: offsetMsMost }))
})
/** The trade id as the wire has it. */
const BustRequest = Schema.Struct({ symbol: Schema.String, tradeId: Schema.Int })

export const isControl = (path: string): boolean => path.startsWith("/sim/")

export interface SimControlOptions {
  readonly faults: Faults
  readonly exchange: Exchange
  readonly skew: Skew
}

const notFound: Answer = { status: 404, body: { error: "Not found. There are /sim/faults, /sim/clock and /sim/bust." } }
const wrongMethod = (methods: string): Answer => ({ status: 405, body: { error: `Use ${methods}.` } })

export const control = (options: SimControlOptions, method: string, path: string, body: string): Answer => {
  try {
    if (path === "/sim/faults") return faultRules(options, method, body)
    if (path === "/sim/clock") return clock(options, method, body)
    return path === "/sim/bust" ? bust(options, method, body) : notFound
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { status: 400, body: { error: `The body of ${path} cannot be read: ${reason}` } }
  }
}

const faultRules = ({ faults }: SimControlOptions, method: string, body: string): Answer => {
  if (method === "PUT") faults.set(Schema.decodeUnknownSync(FaultRules)(JSON.parse(body)).rules)
  else if (method === "DELETE") faults.set([])
  else if (method !== "GET") return wrongMethod("GET, PUT or DELETE")
  return { status: 200, body: { rules: faults.report() } }
}

const clock = ({ skew }: SimControlOptions, method: string, body: string): Answer => {
  if (method === "PUT") skew.offsetMs = Schema.decodeUnknownSync(ClockSetting)(JSON.parse(body)).offsetMs
  else if (method !== "GET") return wrongMethod("GET or PUT")
  return { status: 200, body: { offsetMs: skew.offsetMs } }
}

const bust = ({ exchange }: SimControlOptions, method: string, body: string): Answer => {
  if (method !== "PUT") return wrongMethod("PUT")
  const { symbol, tradeId } = Schema.decodeUnknownSync(BustRequest)(JSON.parse(body))
  const busts = exchange.bust(symbol, tradeId)
  if (busts === undefined) {
    return { status: 404, body: { error: `No account has a trade ${tradeId} of ${symbol}. See GET /api/v3/myTrades.` } }
  }
  if (typeof busts === "string") return { status: 409, body: { error: busts } }
  return {
    status: 200,
    body: {
      busts: busts.map(({ account, execution }) => ({
        account,
        clientOrderId: execution.order.acceptedAs,
        orderId: execution.order.venueOrderId,
        quantity: Amount.format(BigInt(execution.lots) * execution.order.instrument.lot)
      }))
    }
  }
}
