import { afterAll, beforeAll, describe } from "@effect/vitest"
import { conformance } from "./conformance.ts"
import { type ExchangeProcess, start } from "./ExchangeProcess.ts"
import { layer } from "./Harness.ts"
import { orderTypes } from "./orderTypes.ts"

describe("execution through ccxt against the exchange process", () => {
  let exchange: ExchangeProcess
  beforeAll(async () => {
    exchange = await start(["alpha", "beta"], ["--order-limit", "1000", "--weight-limit", "1000000"])
  })
  afterAll(() => exchange.stop())
  const subject = { exchange: () => exchange, layer: () => layer(exchange) }
  conformance(subject)
  orderTypes(subject)
})
