/** The channel of the strategies, at a gateway over a floor of actors in memory. */
import { Client } from "@outcry/client/Client"
import type { Envelope } from "@outcry/client/Wire"
import { Effect, ManagedRuntime } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { Gateway } from "../src/gateway/Gateway.ts"
import { until } from "./Outcry.ts"
import { PaperFloor, token } from "./PaperFloor.ts"

let floor: PaperFloor
let runtime: ManagedRuntime.ManagedRuntime<Gateway, unknown>
let port: number
const clients: Array<Client> = []

beforeEach(async () => {
  floor = await Effect.runPromise(PaperFloor.make)
  runtime = ManagedRuntime.make(floor.layer)
  port = (await runtime.runPromise(Gateway)).port
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await runtime.dispose()
})

/** What a new subscriber is sent. */
const follow = async (): Promise<ReadonlyArray<Envelope>> => {
  const client = await Client.connect({ url: `ws://127.0.0.1:${port}/ws`, token })
  clients.push(client)
  const messages: Array<Envelope> = []
  await client.subscribe("strategies", (message) => messages.push(message))
  return messages
}

/** Whether the strategy is among those that did not answer. */
const silent = ({ data }: Envelope): boolean =>
  JSON.stringify(data).includes('"missing":[{"kind":"strategy","id":"maker"')

it("shows strategies and their changes", async () => {
  const messages = await follow()
  await until("the strategy", () => JSON.stringify(messages).includes('"running"'))
  floor.paused.add("maker")
  await until("the change", () => JSON.stringify(messages.at(-1)).includes('"paused"'))
})

it("names a strategy that does not answer, and shows it as nothing else", async () => {
  const messages = await follow()
  await until("the strategy", () => JSON.stringify(messages.at(-1)).includes('"running"'))
  floor.strategiesUp = false
  await until("its silence", () => messages.some(silent))
  expect(messages.at(-1)).toMatchObject({ type: "delta", data: { strategies: [] } })
  const late = await follow()
  await until("the snapshot", () => late.length > 0)
  expect(late[0]).toMatchObject({ type: "snapshot", data: { strategies: [] } })
})
