/**
 * A client of a running floor: prints prices, orders, fills, positions and strategies as the gateway of one node streams
 * them. When that node dies it connects again and goes on after the last fill it saw: none is missed or printed twice.
 *
 *   node_modules/.bin/node examples/04-websocket-client.ts [--data DIR] [--node node-2] [--for SECONDS]
 *
 * It finds the floor by the data folder of `npm start`. OUTCRY_URL and OUTCRY_TOKEN name a gateway elsewhere.
 */
import { Client, RequestFailed } from "@outcry/client/Client"
import { type Envelope, FillRow, FillsSnapshot, OrderDelta, Positions, Price } from "@outcry/client/Wire"
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

const fail = (text: string): never => {
  console.error(`error: ${text}`)
  process.exit(1)
}

const { OUTCRY_DATA_DIR, OUTCRY_TOKEN, OUTCRY_URL } = process.env

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        data: { type: "string", default: OUTCRY_DATA_DIR ?? ".outcry" },
        node: { type: "string", default: "node-1" },
        for: { type: "string", default: "30" }
      }
    }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const options = readOptions()
const seconds = Number(options.for)
if (!(seconds > 0 && seconds <= 86_400)) fail("--for takes a number of seconds, at most a day")

const RunFile = Schema.Struct({
  token: Schema.String,
  gateways: Schema.Array(Schema.Struct({ node: Schema.String, url: Schema.String }))
})
const Strategies = Schema.Struct({
  strategies: Schema.Array(
    Schema.Struct({
      strategy: Schema.String,
      condition: Schema.String,
      intents: Schema.Int,
      orders: Schema.Int,
      fills: Schema.Int
    })
  )
})

const readRunFile = (): typeof RunFile.Type => {
  try {
    return Schema.decodeUnknownSync(RunFile)(JSON.parse(readFileSync(join(options.data, "run.json"), "utf8")))
  } catch {
    return fail(`no floor runs from ${options.data}: run \`npm start\` first, or name its folder with --data`)
  }
}

/** Address and token of the gateway: from the environment, else as the start command noted them in its data folder. */
const gateway = (): { readonly url: string; readonly token: string } => {
  if (OUTCRY_URL !== undefined && OUTCRY_TOKEN !== undefined) return { url: OUTCRY_URL, token: OUTCRY_TOKEN }
  const { gateways, token } = readRunFile()
  if (gateways.length === 0) return fail(`the floor in ${options.data} is still starting; try again in a few seconds`)
  const found = gateways.find(({ node }) => node === options.node)
  if (found === undefined)
    return fail(`there is no ${options.node}; use one of ${gateways.map(({ node }) => node).join(", ")}`)
  return { url: `${found.url.replace(/^http/, "ws")}/ws`, token }
}

const print = (ts: number, kind: string, ...words: ReadonlyArray<string>): void =>
  console.log(
    `${new Date(ts / 1000).toISOString().slice(11, 23)}  ${kind.padEnd(8)}  ${words.filter((word) => word !== "").join("  ")}`
  )

const deal = (row: {
  readonly side: string
  readonly quantity: string
  readonly instrument: string
  readonly price: string
}) => `${row.side} ${row.quantity} ${row.instrument} at ${row.price === "" ? "market" : row.price}`

const pricedAt = new Map<string, number>()

/** At most one line a second and instrument: the stream is faster than anyone reads. */
const onPrice = ({ data, ts }: Envelope): void => {
  const price = Schema.decodeUnknownSync(Price)(data)
  if (ts - (pricedAt.get(price.instrument) ?? 0) < 1_000_000) return
  pricedAt.set(price.instrument, ts)
  print(ts, "price", price.instrument, `${price.bid} / ${price.ask}`, `last ${price.last}`)
}

const onOrder = ({ data, ts, type }: Envelope): void => {
  if (type !== "delta") return
  const { event, order } = Schema.decodeUnknownSync(OrderDelta)(data)
  print(ts, "order", order.account, deal(order), event, order.reason)
}

const fillSeq = new Map<string, number>()
let fills = 0

const onFill = ({ channel, data, ts, type }: Envelope): void => {
  const rows =
    type === "delta" ? [Schema.decodeUnknownSync(FillRow)(data)] : Schema.decodeUnknownSync(FillsSnapshot)(data).fills
  for (const row of rows) {
    // A snapshot after a long absence begins before what was seen already.
    if (row.seq <= (fillSeq.get(channel) ?? 0)) continue
    fillSeq.set(channel, row.seq)
    fills += 1
    print(
      ts,
      "fill",
      row.account,
      deal(row),
      `fee ${row.fee} ${row.feeAsset}`,
      `trade ${row.venueTradeId}`,
      row.strategy
    )
  }
}

const positions = new Map<string, string>()

/** The mark moves all the time: only what was traded is news. */
const onPositions = ({ data, ts }: Envelope): void => {
  for (const row of Schema.decodeUnknownSync(Positions)(data).positions) {
    const text = `${row.quantity} ${row.instrument}  average ${row.averagePrice || "none"}  realised ${row.realised}`
    const key = `${row.account} ${row.instrument}`
    if (positions.get(key) === text) continue
    positions.set(key, text)
    print(ts, "position", row.account, text, `unrealised ${row.unrealised}`)
  }
}

const onStrategies = ({ data, ts }: Envelope): void => {
  for (const row of Schema.decodeUnknownSync(Strategies)(data).strategies)
    print(
      ts,
      "strategy",
      row.strategy,
      row.condition,
      `${row.intents} intents, ${row.orders} orders, ${row.fills} fills`
    )
}

const handlers = { prices: onPrice, orders: onOrder, fills: onFill, positions: onPositions, strategies: onStrategies }
type Kind = keyof typeof handlers
const isKind = (kind: string): kind is Kind => Object.hasOwn(handlers, kind)

const { token, url } = gateway()
let losses = 0
try {
  const client = await Client.connect({
    url,
    token,
    onConnection: (state) => {
      if (state === "lost") losses += 1
      console.error(state === "lost" ? `connection to ${url} lost, connecting again` : `connection to ${url} ${state}`)
    }
  })
  let channels = 0
  for (const channel of await client.list()) {
    const kind = channel.split(".", 1)[0] ?? ""
    if (!isKind(kind)) continue
    channels += 1
    await client.subscribe(channel, (message) => {
      // What was known is void; the snapshot that follows says how it is now.
      if (message.type === "gap" || message.type === "notice")
        print(message.ts, message.type, channel, JSON.stringify(message.data))
      else handlers[kind](message)
    })
  }
  console.error(`subscribed to ${channels} channels`)
  const end = () => {
    client.close()
    console.error(`${fills} fills, connection lost ${losses} times`)
  }
  const timer = setTimeout(end, seconds * 1000)
  process.once("SIGINT", () => {
    clearTimeout(timer)
    end()
  })
} catch (error) {
  fail(error instanceof RequestFailed ? error.message : String(error))
}
