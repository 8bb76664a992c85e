/**
 * The command line of the exchange process, read and checked as a whole before anything starts.
 */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { Schema } from "effect"
import { AccountSpec } from "./Account.ts"
import type { Speed } from "./Driver.ts"
import * as LiveAddress from "./LiveAddress.ts"
import { binanceLimits, type RateLimitSettings } from "./RateLimits.ts"

/** An option has no meaning here; says which and what would have. */
export class InvalidOption extends Schema.TaggedError<InvalidOption>()("InvalidOption", {
  option: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `Option ${this.option}: ${this.problem}`
  }
}

export const usage = `Usage: exchange-sim [options]
  --port N            port to listen on; 0 (default) takes a free one
  --host ADDRESS      address to listen on; default 127.0.0.1
  --accounts JSON     list of {name, apiKey, secret, balances}, or the file that holds it
  --log FILE          append-only log of all that is accepted; default exchange.log.jsonl
  --log-fsync         force each line to the disk
  --seed N            seed of the trading agents; default 1
  --activity X        how busy the agents are; 1 is usual
  --warm-up SECONDS   market history made before the start; default 300, agents only
  --replay FILE       recorded frames instead of agents; repeat for several files
  --keep-idle         replay times of more than 60 s without a frame too; otherwise they are left out
  --live SOURCE       mirror a public stream instead of agents: binance, or REST_URL,WS_URL of a compatible one
  --speed S           replay speed: 1 (default), 10x, max
  --loop              start the replay again when it ends
  --lockstep          market time goes on only when whoever leads at /sim/lockstep says so; needs --replay
  --fee-bps N         maker and taker commission; default 10
  --weight-limit N    request weight an address may use in a minute; default 6000
  --order-limit N     new orders an account may send in 10 seconds; default 100
  --faults            allow /sim/faults, /sim/clock and /sim/bust from this machine
  --parent-stdin      end when standard input closes
  --help              show this`

export interface Options {
  readonly port: number
  readonly host: string
  readonly accounts: ReadonlyArray<AccountSpec>
  readonly log: string
  readonly logFsync: boolean
  readonly seed: number
  readonly activity: number
  readonly warmUpUs: number
  readonly replay: ReadonlyArray<string>
  readonly keepIdle: boolean
  readonly live: LiveAddress.LiveAddress | undefined
  readonly speed: Speed
  readonly loop: boolean
  readonly lockStep: boolean
  readonly feeBps: number
  readonly limits: RateLimitSettings
  readonly faults: boolean
  readonly parentStdin: boolean
  readonly help: boolean
}

const Accounts = Schema.Array(AccountSpec)

const refuse = (option: string, problem: string): never => {
  throw new InvalidOption({ option, problem })
}

const number = (option: string, text: string, min: number, max: number, whole = true): number => {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    refuse(option, `"${text}" is not a ${whole ? "whole " : ""}number from ${min} to ${max}`)
  }
  return value
}

const speedOf = (text: string): Speed => {
  if (text === "max") return "max"
  return number("--speed", text.replace(/x$/i, ""), 0.01, 10_000, false)
}

const liveOf = (text: string | undefined): LiveAddress.LiveAddress | undefined =>
  text === undefined
    ? undefined
    : (LiveAddress.parse(text) ??
      refuse(
        "--live",
        `"${text}" is neither binance nor two addresses such as https://HOST,wss://HOST: first REST, then streams`
      ))

const accountsOf = (text: string | undefined): ReadonlyArray<AccountSpec> => {
  if (text === undefined) return []
  const inline = text.trimStart().startsWith("[")
  let json: unknown
  try {
    json = JSON.parse(inline ? text : readFileSync(text, "utf8"))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse("--accounts", inline ? `is not JSON (${why})` : `the file ${text} cannot be read as JSON (${why})`)
  }
  let accounts: ReadonlyArray<AccountSpec>
  try {
    accounts = Schema.decodeUnknownSync(Accounts)(json)
  } catch (error) {
    // A schema error could quote a secret: only its place is told.
    const place = /at (\[.*)$/s.exec(error instanceof Error ? error.message : "")?.[1] ?? ""
    return refuse(
      "--accounts",
      `must be a list of {name, apiKey, secret, balances: {ASSET: "decimal"}}; wrong ${place}`
    )
  }
  for (const field of ["name", "apiKey"] as const) {
    const values = accounts.map((account) => account[field])
    if (new Set(values).size < values.length) refuse("--accounts", `two accounts have the same ${field}`)
  }
  const short = accounts.find((account) => !/^[A-Za-z0-9_-]{8,128}$/.test(account.apiKey))
  if (short !== undefined)
    refuse("--accounts", `the apiKey of ${short.name} must have 8 to 128 letters, digits, - or _`)
  return accounts
}

/** Throws InvalidOption. */
export const parse = (args: ReadonlyArray<string>): Options => {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          port: { type: "string", default: "0" },
          host: { type: "string", default: "127.0.0.1" },
          accounts: { type: "string" },
          log: { type: "string", default: "exchange.log.jsonl" },
          "log-fsync": { type: "boolean", default: false },
          seed: { type: "string", default: "1" },
          activity: { type: "string", default: "1" },
          "warm-up": { type: "string", default: "300" },
          replay: { type: "string", multiple: true, default: [] },
          "keep-idle": { type: "boolean", default: false },
          live: { type: "string" },
          speed: { type: "string", default: "1" },
          loop: { type: "boolean", default: false },
          lockstep: { type: "boolean", default: false },
          "fee-bps": { type: "string", default: "10" },
          "weight-limit": { type: "string", default: String(binanceLimits.weightPerMinute) },
          "order-limit": { type: "string", default: String(binanceLimits.ordersPerTenSeconds) },
          faults: { type: "boolean", default: false },
          "parent-stdin": { type: "boolean", default: false },
          help: { type: "boolean", default: false }
        }
      })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return refuse(/'(--?[\w-]+)/.exec(why)?.[1] ?? "line", `${why.split(". ")[0]}. See --help.`)
    }
  })()
  const replays = values.replay.length > 0
  const live = liveOf(values.live)
  if (live !== undefined && replays) refuse("--live", "does not go with --replay: name one or the other")
  const endless = live === undefined ? "agents never end" : "a live source never ends"
  if (!replays && values.loop) refuse("--loop", `needs --replay FILE: ${endless}`)
  if (!replays && values["keep-idle"]) refuse("--keep-idle", "needs --replay FILE")
  if (values.lockstep && !replays) refuse("--lockstep", "needs --replay FILE: only recordings can be stepped through")
  if (values.lockstep && values.loop) refuse("--lockstep", "does not go with --loop: a run that is compared has an end")
  if (values.lockstep && values.speed !== "1")
    refuse("--lockstep", "does not go with --speed: whoever leads sets the pace")
  const speed = speedOf(values.speed)
  if (!replays && speed === "max") refuse("--speed", `max needs --replay FILE: ${endless}`)
  if (live !== undefined && speed !== 1) refuse("--speed", "does not go with --live: the source sets the pace")
  return {
    port: number("--port", values.port, 0, 65_535),
    host: values.host,
    accounts: accountsOf(values.accounts),
    log: values.log,
    logFsync: values["log-fsync"],
    seed: number("--seed", values.seed, 0, 2 ** 32 - 1),
    activity: number("--activity", values.activity, 0.01, 100, false),
    warmUpUs: replays || live !== undefined ? 0 : number("--warm-up", values["warm-up"], 0, 86_400) * 1_000_000,
    replay: values.replay,
    keepIdle: values["keep-idle"],
    live,
    speed,
    loop: values.loop,
    lockStep: values.lockstep,
    feeBps: number("--fee-bps", values["fee-bps"], 0, 1_000),
    limits: {
      ...binanceLimits,
      weightPerMinute: number("--weight-limit", values["weight-limit"], 1, 1e9),
      ordersPerTenSeconds: number("--order-limit", values["order-limit"], 1, 1e9)
    },
    faults: values.faults,
    parentStdin: values["parent-stdin"],
    help: values.help
  }
}
