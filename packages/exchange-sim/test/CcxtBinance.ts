/**
 * Unmodified ccxt and ccxt.pro clients of an exchange on this machine, by configuration alone: every URL of their tree
 * is replaced, so that nothing they know leads elsewhere.
 */
import http from "node:http"
import ccxt from "ccxt"

export interface Key {
  readonly apiKey?: string
  readonly secret?: string
}

type Urls = { readonly [name: string]: string | Urls }

const replaced = (urls: Urls, url: (path: ReadonlyArray<string>) => string, path: ReadonlyArray<string> = []): Urls =>
  Object.fromEntries(
    Object.entries(urls).map(([name, value]) => {
      const here = [...path, name]
      return [name, typeof value === "string" ? url(here) : replaced(value, url, here)]
    })
  )

const urlOf = (port: number) => (path: ReadonlyArray<string>) => {
  const name = path.join(".")
  if (name === "public" || name === "private") return `http://127.0.0.1:${port}/api/v3`
  if (name === "v1") return `http://127.0.0.1:${port}/api/v1`
  if (name === "ws.spot") return `ws://127.0.0.1:${port}/ws`
  if (name === "ws.ws-api.spot") return `ws://127.0.0.1:${port}/ws-api/v3`
  return `${path[0] === "ws" ? "ws" : "http"}://127.0.0.1:${port}/not-served/${name}`
}

const options = {
  defaultType: "spot",
  fetchMarkets: { types: ["spot"] },
  fetchMargins: false,
  fetchCurrencies: false,
  recvWindow: 2_500,
  warnOnFetchOpenOrdersWithoutSymbol: false
}

const configured = <Client extends { urls: unknown }>(client: Client, port: number): Client => {
  const urls = client.urls as { api: Urls }
  urls.api = replaced(urls.api, urlOf(port))
  return client
}

export const rest = (port: number, key: Key = {}) =>
  configured(new ccxt.binance({ ...key, enableRateLimit: false, has: { fetchCurrencies: false }, options }), port)

/** An agent of its own is what ccxt wants where a stream's URL has no TLS. */
export const pro = (port: number, key: Key = {}) => {
  const httpAgent = new http.Agent()
  const config = { ...key, enableRateLimit: false, has: { fetchCurrencies: false }, options, httpAgent }
  return configured(new ccxt.pro.binance(config), port)
}
