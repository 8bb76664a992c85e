/** Where a live source is found: the base addresses of its REST calls and of its streams. */

export interface LiveAddress {
  /** Without a slash at the end. */
  readonly restUrl: string
  readonly streamUrl: string
}

/** Source: developers.binance.com, "General API information" and "WebSocket streams" of the spot API (2026-11). */
const binance: LiveAddress = { restUrl: "https://api.binance.com", streamUrl: "wss://stream.binance.com:9443" }

const baseOf = (text: string | undefined, protocols: ReadonlyArray<string>): string | undefined => {
  const trimmed = text?.trim() ?? ""
  if (!URL.canParse(trimmed)) return undefined
  const { protocol, hash, password, search, username } = new URL(trimmed)
  const bare = hash === "" && password === "" && search === "" && username === ""
  return bare && protocols.includes(protocol) ? trimmed.replace(/\/+$/, "") : undefined
}

/** `binance`, or `REST_URL,WS_URL`; undefined where it is neither. */
export const parse = (text: string): LiveAddress | undefined => {
  if (text === "binance") return binance
  const [rest, stream, ...more] = text.split(",")
  const restUrl = baseOf(rest, ["http:", "https:"])
  const streamUrl = baseOf(stream, ["ws:", "wss:"])
  return restUrl === undefined || streamUrl === undefined || more.length > 0 ? undefined : { restUrl, streamUrl }
}
