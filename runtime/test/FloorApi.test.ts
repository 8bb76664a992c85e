/** The commands at a floor of which the first node is frozen: it takes connections and never answers. */
import { Canceled } from "@outcry/client/Api"
import { Effect, Option, Schema } from "effect"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { resolve } from "../src/cli/OrderCommand.ts"
import { dataFolderAt } from "../src/floor/DataFolder.ts"
import { floorApi } from "../src/floor/FloorApi.ts"
import { identityOf } from "../src/floor/ProcessIdentity.ts"
import { writeRunFile } from "../src/floor/RunFile.ts"

let root: string
let servers: Array<Server>
/** Paths that each node was asked for, in the order it was asked. */
let asked: Array<Array<string>>

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "outcry-api-"))
  servers = []
  asked = []
})
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  rmSync(root, { recursive: true, force: true })
})

const urlOf = async (answer: RequestListener): Promise<string> => {
  const seen: Array<string> = []
  asked.push(seen)
  const server = createServer((request, response) => {
    seen.push(request.url ?? "")
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
}

const frozen: RequestListener = () => undefined
const alive: RequestListener = ({ url }, response) => {
  const body = url === "/health" ? {} : { accounts: [{ account: "alpha", canceled: 3 }], missing: [] }
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
}
/** Its gateway is up and ends before it answers the change. */
const dying: RequestListener = (request, response) => {
  if (request.url === "/health") alive(request, response)
  else request.socket.destroy()
}

const apiAt = async (...nodes: ReadonlyArray<RequestListener>) => {
  const urls: Array<string> = []
  for (const node of nodes) urls.push(await urlOf(node))
  const folder = dataFolderAt(root)
  mkdirSync(folder.runs, { recursive: true })
  writeRunFile(folder, {
    version: 1,
    runId: "run_1",
    starter: identityOf(process.pid),
    startedAt: "",
    phase: "running",
    token: "a-token",
    gateways: urls.map((url, index) => ({ node: `node-${index + 1}`, url })),
    collectorUrl: "",
    children: []
  })
  return Effect.runPromise(floorApi(Option.some(root)))
}

const everything = { orders: "all", by: "ann", reason: "a test" }

it("sends a change to the node that answers, and nothing to the frozen one", async () => {
  const api = await apiAt(frozen, alive)
  const canceled = await Effect.runPromise(api.post("/orders/cancel", everything, Canceled))
  expect(canceled.accounts).toEqual([{ account: "alpha", canceled: 3 }])
  expect(asked[0]).not.toContain("/api/v1/orders/cancel")
})

it("reads from the node that answers", async () => {
  const api = await apiAt(frozen, alive)
  expect(await Effect.runPromise(api.get("/accounts", Schema.Json))).toHaveProperty("accounts")
  expect(asked[0]).not.toContain("/api/v1/accounts")
})

it("says that nobody is there where every node is frozen, and that nothing was sent", async () => {
  const api = await apiAt(frozen, frozen)
  const failed = await Effect.runPromise(Effect.flip(api.post("/orders/cancel", everything, Canceled)))
  expect(failed.message).toMatch(/No node of the floor answers/)
  expect(asked.flat()).not.toContain("/api/v1/orders/cancel")
})

it("resolves an order by its whole id while the node still reads the journal that it is in", async () => {
  const id = "ocaaaaaaaaaaaaaaaa"
  const terms = { side: "buy", type: "limit", priceTicks: 1, lots: 40, timeInForce: "GTC", postOnly: false }
  const open = {
    clientOrderId: id,
    strategy: "maker",
    intentSeq: 1,
    instrument: "sim:BTC/USDT",
    terms,
    price: "1",
    quantity: "0.4",
    filledLots: 10,
    status: "unknown",
    cancelRequested: false,
    timeIntent: 0
  }
  const account = {
    account: "alpha",
    venue: "sim",
    node: "node-1",
    epoch: 1,
    seq: 9,
    condition: "ready",
    tradingState: "active",
    balances: [],
    positions: [],
    fees: [],
    openOrders: [open],
    strategies: [],
    unknownOrders: 1,
    differences: 0,
    stateHash: ""
  }
  const answers: Readonly<Record<string, readonly [number, unknown]>> = {
    "/health": [200, {}],
    [`/api/v1/orders/${id}`]: [503, { type: "about:blank", title: "", status: 503, detail: "it has read 4 of 9 rows" }],
    "/api/v1/accounts": [200, { accounts: [account], missing: [] }],
    [`/api/v1/orders/${id}/resolve`]: [200, { account: "alpha", clientOrderId: id, status: "notPlaced", filled: "0.1" }]
  }
  await apiAt(({ url }, response) => {
    const [status, body] = answers[url ?? ""]!
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  const common = { data: Option.some(root), json: true, by: "ann", reason: "a test" }
  await Effect.runPromise(resolve({ ...common, order: id, as: "notPlaced", price: Option.none(), yes: true }))
  expect(asked[0]).toContain(`/api/v1/orders/${id}/resolve`)
})

it("asks no second node for a change that may have reached the first", async () => {
  const api = await apiAt(dying, dying)
  const failed = await Effect.runPromise(Effect.flip(api.post("/orders/cancel", everything, Canceled)))
  expect(failed.message).toMatch(/Whether it was done is open/)
  expect(asked.flat().filter((path) => path === "/api/v1/orders/cancel")).toHaveLength(1)
})
