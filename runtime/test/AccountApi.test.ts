/** Orders and accounts over HTTP, at a gateway over a floor of actors in memory. */
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Gateway } from "../src/gateway/Gateway.ts"
import { account, PaperFloor, token } from "./PaperFloor.ts"

let floor: PaperFloor
let runtime: ManagedRuntime.ManagedRuntime<Gateway, unknown>
let base: string
/** Working, of unknown fate, held, filled. */
let ids: { readonly working: string; readonly unknown: string; readonly held: string; readonly filled: string }

beforeAll(async () => {
  floor = await Effect.runPromise(PaperFloor.make)
  const { fixture } = floor
  const filled = fixture.working()
  fixture.run(fixture.filled(filled))
  const working = fixture.working()
  const held = fixture.linked({ side: "sell", priceTicks: 6_200_000 }, { contingency: { parent: working } })
  const unknown = fixture.placed()
  fixture.run({ type: "ReportUnknown", clientOrderId: unknown, reason: "time-out" })
  ids = { working, unknown, held, filled }
  runtime = ManagedRuntime.make(floor.layer)
  const { port } = await runtime.runPromise(Gateway)
  base = `http://127.0.0.1:${port}/api/v1`
  await Effect.runPromise(floor.commit)
})
afterAll(() => runtime.dispose())

const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }

interface Body {
  readonly detail?: string
  readonly errors?: ReadonlyArray<{ readonly field: string }>
  readonly orders?: ReadonlyArray<{ readonly clientOrderId: string }>
  readonly missing?: ReadonlyArray<unknown>
}

const answerOf = async (response: Response) => ({
  status: response.status,
  type: response.headers.get("content-type"),
  body: (await response.json()) as Body
})

const get = async (path: string) => answerOf(await fetch(`${base}${path}`, { headers }))

const post = async (path: string, body: unknown, init: RequestInit = {}) => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return answerOf(await fetch(`${base}${path}`, { method: "POST", headers, body: text, ...init }))
}

const audited = { by: "ann", reason: "a test" }
const fieldsOf = ({ body }: { readonly body: Body }) => (body.errors ?? []).map(({ field }) => field)

describe("the list of orders", () => {
  it.each([
    ["", () => [ids.working, ids.held, ids.unknown]],
    ["?status=unknown", () => [ids.unknown]],
    ["?status=held", () => [ids.held]],
    ["?status=all", () => [ids.filled, ids.working, ids.held, ids.unknown]],
    [`?account=${account}&strategy=nobody`, () => []]
  ])("%s", async (query, expected) => {
    const { body, status } = await get(`/orders${query}`)
    expect(status).toBe(200)
    expect(body.orders?.map(({ clientOrderId }) => clientOrderId).toSorted()).toEqual(expected().toSorted())
    expect(body.missing).toEqual([])
  })

  it("says what an order waits for", async () => {
    const { body } = await get(`/orders/${ids.held}`)
    expect(body).toMatchObject({ status: "held", parent: ids.working, price: "62000.00", attempt: 1 })
  })

  it("names the parameter that makes no sense", async () => {
    expect(fieldsOf(await get("/orders?status=lost"))).toEqual(["status"])
    const unknown = await get("/orders?account=nobody")
    expect([unknown.status, fieldsOf(unknown)]).toEqual([404, ["account"]])
  })
})

describe("an order's id", () => {
  it("may be the venue's, or the beginning of ours", async () => {
    for (const id of [`v-${ids.working}`, ids.working.slice(0, 12)])
      expect((await get(`/orders/${id}`)).body).toMatchObject({ clientOrderId: ids.working })
  })

  it("is refused where it fits several, with some of them, and where it fits none", async () => {
    const many = await get("/orders/oc")
    expect([many.status, fieldsOf(many)]).toEqual([409, ["order"]])
    expect(many.body.detail).toMatch(/oc may be oc\w{16} \(alpha\), .*Give more/)
    const none = await get("/orders/nobody")
    expect([none.status, fieldsOf(none)]).toEqual([404, ["order"]])
  })
})

describe("an order's id that names too little", () => {
  it("is refused where it is empty, though the venue has not named every order", async () => {
    const asked = floor.asked.length
    const answers = [
      await get("/orders/"),
      await post("/orders//resolve", { as: "notPlaced", ...audited }),
      await post("/orders/cancel", { orders: [""], ...audited })
    ]
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422])
    expect(answers[1]?.body.detail).toMatch(/^order: is empty/)
    expect(floor.asked.length).toBe(asked)
  })

  it("is enough to look and not to change where it is a short beginning of the only order", async () => {
    const beginnings = Object.values(ids).map((id) => id.slice(0, 3))
    const short = beginnings.find((each) => beginnings.filter((other) => other === each).length === 1)!
    expect((await get(`/orders/${short}`)).status).toBe(200)
    const asked = floor.asked.length
    for (const [path, body] of [
      ["/orders/cancel", { orders: [short] }],
      [`/orders/${short}/resolve`, { as: "notPlaced" }]
    ] as const) {
      const answer = await post(path, { ...body, ...audited })
      expect([answer.status, fieldsOf(answer)], path).toEqual([422, ["order"]])
      expect(answer.body.detail).toMatch(/too short/)
    }
    expect(floor.asked.length).toBe(asked)
  })
})

describe("changes", () => {
  it("need the token in the header: not without it, not in the address", async () => {
    const asked = floor.asked.length
    const body = { orders: "all", ...audited }
    const bare = { "content-type": "application/json" }
    expect((await post("/orders/cancel", body, { headers: bare })).status).toBe(401)
    expect((await post(`/orders/cancel?token=${token}`, body, { headers: bare })).status).toBe(401)
    expect(floor.asked.length).toBe(asked)
  })

  it("are asked of the account with who and why", async () => {
    floor.asked.length = 0
    const answers = [
      await post("/orders/cancel", { orders: [ids.working.slice(0, 12)], ...audited }),
      await post("/orders/cancel", { orders: "all", account, ...audited }),
      await post(`/orders/${ids.unknown}/resolve`, { as: "filled", price: "60000.00", ...audited }),
      await post(`/accounts/${account}/close`, { instruments: "all", ...audited }),
      await post(`/accounts/${account}/trading-state`, { state: "halted", ...audited }),
      await post(`/accounts/${account}/adjust`, {
        asset: "USDT",
        amount: "12.5",
        adjustment: "deposit",
        ...audited
      })
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    expect(floor.asked).toEqual([
      { rpc: "Cancel", clientOrderIds: [ids.working], ...audited },
      { rpc: "Cancel", clientOrderIds: "all", ...audited },
      { rpc: "Resolve", clientOrderId: ids.unknown, as: "filled", price: "60000.00", ...audited },
      { rpc: "ClosePositions", instruments: "all", ...audited },
      { rpc: "SetTradingState", state: "halted", ...audited },
      { rpc: "AdjustBalance", asset: "USDT", amount: "12.5", adjustment: "deposit", ...audited }
    ])
    expect(answers[2]?.body).toEqual({ account, clientOrderId: ids.unknown, status: "filled", filled: "0" })
  })

  it.each([
    ["/orders/cancel", { orders: [], ...audited }, ["orders.0"]],
    ["/orders/cancel", { orders: "all", by: "ann" }, ["reason"]],
    ["/orders/cancel", { orders: "all", by: "", reason: "" }, ["by", "reason"]],
    ["/orders/cancel", { orders: "all", ...audited, force: true }, ["force"]],
    ["/orders/x/resolve", { as: "gone", ...audited }, ["as"]],
    ["/accounts/alpha/trading-state", { state: "off", ...audited }, ["state"]],
    ["/accounts/alpha/adjust", { asset: "USDT", amount: "1e9", adjustment: "deposit", ...audited }, ["amount"]],
    ["/accounts/alpha/adjust", { asset: "USDT", amount: "-2000000", adjustment: "operator", ...audited }, ["amount"]],
    ["/accounts/alpha/close", [], [""]]
  ])("%s names the field that is wrong in %j", async (path, body, fields) => {
    const answer = await post(path, body)
    expect(answer.status).toBe(422)
    expect(answer.type).toBe("application/problem+json")
    expect(fieldsOf(answer)).toEqual(fields)
    expect(answer.body).toMatchObject({ status: 422, title: "Unprocessable Entity" })
  })

  it("pass on what the account refuses, with the field", async () => {
    const answer = await post(`/orders/${ids.unknown}/resolve`, { as: "filled", price: "0.001", ...audited })
    expect([answer.status, fieldsOf(answer)]).toEqual([422, ["price"]])
  })

  it("resolve nothing but an order of unknown fate", async () => {
    const answer = await post(`/orders/${ids.working}/resolve`, { as: "notPlaced", ...audited })
    expect(answer.status).toBe(409)
    expect(answer.body.detail).toMatch(/is working: only an order whose fate is unknown/)
  })

  it("reach an order that its account holds open before this node has read the journal to there", async () => {
    floor.asked.length = 0
    const { fixture } = floor
    // The other instrument is frozen by an order of unknown fate.
    const open = fixture.working({ priceTicks: 300_000 }, "s1", "sim:ETH/USDT")
    const lost = fixture.placed({ priceTicks: 300_000 }, "s1", "sim:ETH/USDT")
    fixture.run({ type: "ReportUnknown", clientOrderId: lost, reason: "time-out" })
    expect((await post("/orders/cancel", { orders: [open], ...audited })).status).toBe(200)
    expect((await post(`/orders/${lost}/resolve`, { as: "notPlaced", ...audited })).status).toBe(200)
    expect((await post(`/orders/${open}/resolve`, { as: "notPlaced", ...audited })).status).toBe(409)
    expect(floor.asked).toEqual([
      { rpc: "Cancel", clientOrderIds: [open], ...audited },
      { rpc: "Resolve", clientOrderId: lost, as: "notPlaced", ...audited }
    ])
    await Effect.runPromise(floor.commit)
  })

  it("refuse what is no JSON, too long, or of another kind", async () => {
    expect((await post("/orders/cancel", "{")).status).toBe(400)
    expect((await post("/orders/cancel", JSON.stringify({ by: "x".repeat(20_000) }))).status).toBe(413)
    const form = { headers: { ...headers, "content-type": "application/x-www-form-urlencoded" } }
    expect((await post("/orders/cancel", "orders=all", form)).status).toBe(415)
    expect((await get("/orders/cancel")).status).toBe(405)
    expect((await post("/orders/%E0%A4%A/resolve", audited)).status).toBe(405)
    expect((await post(`/accounts/${account}/sell`, audited)).status).toBe(404)
  })
})

it("has accounts hashed only for whoever asks for it", async () => {
  const read = async (path: string) => {
    floor.hashed.length = 0
    const { body, status } = await get(path)
    expect(status, path).toBe(200)
    return [[...floor.hashed], /"stateHash":"\w+"/.test(JSON.stringify(body))]
  }
  for (const path of ["/status", `/account?name=${account}`, "/accounts", `/accounts/${account}`])
    expect(await read(path), path).toEqual([[false], false])
  for (const path of ["/status?hashed=true", `/account?name=${account}&hashed=true`])
    expect(await read(path), path).toEqual([[true], true])
})

it("lists accounts, and one of them", async () => {
  expect((await get("/accounts")).body).toMatchObject({ accounts: [{ account, condition: "ready" }], missing: [] })
  expect((await get(`/accounts/${account}`)).body).toMatchObject({ account })
  expect((await get("/accounts/nobody")).status).toBe(404)
})
