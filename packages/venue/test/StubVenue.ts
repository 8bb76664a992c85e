/** A server of the venue's protocol that answers what a test tells it to, in ways in which the real exchange never would. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { type WebSocket, WebSocketServer } from "ws"
import type { VenueAddress } from "../src/VenueAddress.ts"

export interface StubReply {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface StubRequest {
  readonly method: string
  readonly path: string
  readonly params: URLSearchParams
}

export const symbol = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
  icebergAllowed: true,
  allowTrailingStop: true,
  isSpotTradingAllowed: true,
  permissions: ["SPOT"],
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01", maxPrice: "1000000", tickSize: "0.01" },
    { filterType: "LOT_SIZE", minQty: "0.00001", maxQty: "9000", stepSize: "0.00001" },
    { filterType: "NOTIONAL", minNotional: "5", maxNotional: "9000000" },
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: 10,
      maxTrailingAboveDelta: 2000,
      minTrailingBelowDelta: 10,
      maxTrailingBelowDelta: 2000
    },
    { filterType: "ICEBERG_PARTS", limit: 10 }
  ]
}

/** An order as GET order answers. */
export const orderBody = (over: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  symbol: "BTCUSDT",
  orderId: 7,
  clientOrderId: "mine",
  price: "50000.00",
  origQty: "0.01000000",
  executedQty: "0.00000000",
  cummulativeQuoteQty: "0.00000000",
  status: "NEW",
  timeInForce: "GTC",
  type: "LIMIT",
  side: "BUY",
  stopPrice: "0.00000000",
  time: Date.now(),
  updateTime: Date.now(),
  ...over
})

export const absent: StubReply = { status: 400, body: { code: -2013, msg: "Order does not exist." } }

export class StubVenue {
  readonly requests: Array<StubRequest> = []
  readonly webSockets = new Set<WebSocket>()
  readonly sockets = new Set<Socket>()
  /** Connections of the user stream in all. */
  connects = 0
  /** What its clock is ahead of ours. */
  aheadMs = 0
  symbols: ReadonlyArray<unknown> = [symbol]
  /** Undefined: as a venue with no orders would. A string body is sent as it is. */
  onRequest: (request: StubRequest) => StubReply | undefined | Promise<StubReply> = () => undefined
  /** Undefined: as the user stream does. */
  onMessage: ((text: string, socket: WebSocket) => void) | undefined
  /** Whether a subscription of the user stream is answered. */
  subscribes = true
  /** Whether the WebSocket answers pings. */
  pongs = true
  private readonly server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const reply = async (): Promise<void> => {
        const { body, headers, status } = await this.answer(request, Buffer.concat(chunks).toString())
        response.writeHead(status ?? 200, { "content-type": "application/json", ...headers })
        response.end(typeof body === "string" ? body : JSON.stringify(body))
      }
      void reply()
    })
  })
  private readonly upgrades = new WebSocketServer({ server: this.server, autoPong: false })

  get nowMs(): number {
    return Date.now() + this.aheadMs
  }

  async start(): Promise<VenueAddress> {
    this.server.on("connection", (socket) => {
      this.sockets.add(socket)
      socket.on("close", () => this.sockets.delete(socket))
    })
    this.upgrades.on("connection", (socket) => {
      this.connects++
      this.webSockets.add(socket)
      socket.on("close", () => this.webSockets.delete(socket))
      socket.on("ping", (data) => (this.pongs ? socket.pong(data) : undefined))
      socket.on("message", (data: Buffer) => {
        if (this.onMessage !== undefined) this.onMessage(data.toString("utf8"), socket)
        else if (this.subscribes) this.confirm(socket)
      })
    })
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve))
    const { port } = this.server.address() as AddressInfo
    return { id: "sim", restUrl: `http://127.0.0.1:${port}`, wsUrl: `ws://127.0.0.1:${port}` }
  }

  /** Answers the subscription of a user stream. */
  confirm(socket: WebSocket): void {
    socket.send(JSON.stringify({ id: "subscribe", status: 200, result: { subscriptionId: 0 } }))
  }

  async stop(): Promise<void> {
    for (const socket of this.webSockets) socket.terminate()
    this.upgrades.close()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private answer(incoming: IncomingMessage, body: string): StubReply | Promise<StubReply> {
    const [path = "", query = ""] = (incoming.url ?? "").split("?")
    const params = new URLSearchParams(query === "" ? body : query)
    const request = { method: incoming.method ?? "", path: path.replace("/api/v3/", ""), params }
    this.requests.push(request)
    const timestamp = params.get("timestamp")
    if (timestamp !== null && Math.abs(this.nowMs - Number(timestamp)) > Number(params.get("recvWindow")))
      return { status: 400, body: { code: -1021, msg: "Timestamp for this request is outside of the recvWindow." } }
    const told = this.onRequest(request)
    if (told !== undefined) return told
    switch (request.path) {
      case "time":
        return { body: { serverTime: this.nowMs } }
      case "exchangeInfo":
        return { body: { timezone: "UTC", serverTime: this.nowMs, rateLimits: [], symbols: this.symbols } }
      case "account":
        return { body: { balances: [{ asset: "USDT", free: "1", locked: "0" }] } }
      case "order":
        return absent
      default:
        return { body: [] }
    }
  }
}
