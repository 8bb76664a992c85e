/**
 * The configuration by which unmodified ccxt speaks to a server of Binance's spot protocol, and to nothing else.
 *
 * Two URLs are not enough: with keys set, ccxt also calls the margin, futures and options hosts. So every leaf of its
 * URL tree is replaced, and what would use them is switched off. (ccxt 4.5.84, js/src/binance.js.)
 */
import type { VenueAddress } from "../VenueAddress.ts"
import type { Transport } from "./Transport.ts"

export interface BinanceConfigOptions {
  readonly venue: VenueAddress
  /** Empty for public calls only. */
  readonly apiKey: string
  readonly secret: string
  /** After which ccxt gives up waiting for a reply; the outcome is then unknown. */
  readonly replyMs: number
}

/** How long a request without its own expiry stays valid at the venue. */
export const recvWindowMs = 2_500

/** REST families of ccxt's URL tree and the paths they have on Binance's hosts. */
const restPaths = {
  public: "/api/v3",
  private: "/api/v3",
  v1: "/api/v1",
  sapi: "/sapi/v1",
  sapiV2: "/sapi/v2",
  sapiV3: "/sapi/v3",
  sapiV4: "/sapi/v4",
  dapiPublic: "/dapi/v1",
  dapiPrivate: "/dapi/v1",
  dapiPrivateV2: "/dapi/v2",
  dapiData: "/futures/data",
  eapiPublic: "/eapi/v1",
  eapiPrivate: "/eapi/v1",
  fapiPublic: "/fapi/v1",
  fapiPublicV2: "/fapi/v2",
  fapiPublicV3: "/fapi/v3",
  fapiPrivate: "/fapi/v1",
  fapiPrivateV2: "/fapi/v2",
  fapiPrivateV3: "/fapi/v3",
  fapiData: "/futures/data",
  papi: "/papi/v1",
  papiV2: "/papi/v2"
}

const wsTree = (wsUrl: string, wsApiUrl: string): Record<string, unknown> => {
  const streams = ["spot", "margin", "future", "delivery", "stock", "option", "optionMarket", "optionPrivate", "papi"]
  const apis = ["spot", "future", "delivery"]
  return {
    ...Object.fromEntries(streams.map((name) => [name, `${wsUrl}/ws`])),
    "ws-api": Object.fromEntries(apis.map((name) => [name, `${wsApiUrl}/ws-api/v3`]))
  }
}

/** For the constructor of `ccxt.binance` or `ccxt.pro.binance`; plain data. */
export const binanceConfig = (options: BinanceConfigOptions): Record<string, unknown> => {
  const { restUrl, wsApiUrl, wsUrl } = options.venue
  const rest = Object.fromEntries(Object.entries(restPaths).map(([name, path]) => [name, `${restUrl}${path}`]))
  const api = { ...rest, ws: wsTree(wsUrl, wsApiUrl ?? wsUrl) }
  return {
    apiKey: options.apiKey,
    secret: options.secret,
    urls: { api, test: api, demo: api },
    // Decimals stay text from the wire to us.
    number: String,
    // The budget of requests is Outcry's own, with a reserve for cancels; ccxt's would delay them in one queue.
    enableRateLimit: false,
    timeout: options.replyMs,
    has: { fetchCurrencies: false },
    options: {
      defaultType: "spot",
      fetchMarkets: { types: ["spot"] },
      fetchMargins: false,
      fetchCurrencies: false,
      adjustForTimeDifference: false,
      recvWindow: recvWindowMs,
      warnOnFetchOpenOrdersWithoutSymbol: false,
      fetchOpenOrders: { warnWithoutSymbol: false },
      maxRetriesOnFailure: 0,
      newOrderRespType: { market: "FULL", limit: "FULL" }
    }
  }
}

/** The same over our sockets. */
export const withTransport = (config: Record<string, unknown>, transport: Transport): Record<string, unknown> => ({
  ...config,
  fetchImplementation: transport.fetch
})
