/**
 * The exchange as a process of its own. Prints one JSON line when it is ready and one when a replay has ended; ends
 * with 0 on SIGTERM, SIGINT or, with `--parent-stdin`, when its parent is gone; with 2 for wrong options or files, a live
 * source of no use or a port in use; with 1 for a defect. Messages go to standard error.
 */
import type { MarketListener } from "@outcry/matching/MarketListener"
import { Effect, Random } from "effect"
import * as AcceptLog from "./AcceptLog.ts"
import { AgentMarket } from "./AgentMarket.ts"
import { listings, wireSymbol } from "./Listings.ts"
import { LiveSource } from "./LiveSource.ts"
import { LiveSourceError } from "./LiveSourceError.ts"
import type { Market } from "./Market.ts"
import * as Options from "./Options.ts"
import { Recording } from "./Recording.ts"
import { RecordingError } from "./RecordingError.ts"
import { ReplayMarket } from "./ReplayMarket.ts"
import * as Server from "./Server.ts"

/** Agents' markets begin here, so that a seed always makes the same market; clients see the wall clock's time. */
const agentsStartUs = 1_700_000_000_000_000
const wrongInput = 2
const defect = 1

const say = (line: Record<string, unknown>): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

type MakeMarket = (listener: MarketListener) => Market

interface Markets {
  readonly markets: ReadonlyArray<MakeMarket>
  readonly close: () => Promise<void>
}

const noneToClose = (): Promise<void> => Promise.resolve()

const marketsOf = async (options: Options.Options, clock: () => number): Promise<Markets> => {
  if (options.live === undefined) return { markets: await ownMarketsOf(options), close: noneToClose }
  const source = await LiveSource.open({
    address: options.live,
    symbols: listings.map(({ instrument }) => wireSymbol(instrument)),
    nowUs: () => Math.floor(clock() * 1_000),
    random: () => Effect.runSync(Random.next),
    notify: complain
  })
  const markets = source.instruments.map(
    (instrument): MakeMarket =>
      (listener) =>
        new ReplayMarket({ instrument, source, listener })
  )
  return { markets, close: () => source.close() }
}

const ownMarketsOf = async (options: Options.Options): Promise<ReadonlyArray<MakeMarket>> => {
  if (options.replay.length === 0) {
    return listings.map(
      ({ instrument, priceTicks }) =>
        (listener: MarketListener): Market =>
          new AgentMarket({
            instrument,
            priceTicks,
            seed: options.seed,
            activity: options.activity,
            startUs: agentsStartUs,
            listener
          })
    )
  }
  const recording = await Recording.open(options.replay, options.keepIdle ? { idleUsMost: Infinity } : {})
  for (const warning of recording.warnings) complain(warning)
  const recorded = listings.filter(({ instrument }) => recording.symbols.includes(wireSymbol(instrument).toLowerCase()))
  if (recorded.length === 0) {
    const known = listings.map(({ instrument }) => wireSymbol(instrument)).join(", ")
    const problem = `holds ${recording.symbols.join(", ")}, of which this exchange lists none. It lists ${known}.`
    throw new Options.InvalidOption({ option: "--replay", problem })
  }
  return recorded.map(
    ({ instrument }) =>
      (listener: MarketListener): Market =>
        new ReplayMarket({ instrument, source: recording, listener, loop: options.loop })
  )
}

/** What a user can mend, in words; undefined for a defect. */
const explained = (error: unknown, options: Options.Options | undefined): string | undefined => {
  if (error instanceof Options.InvalidOption || error instanceof RecordingError) return error.message
  if (error instanceof LiveSourceError) return error.message
  if (error instanceof AcceptLog.CorruptAcceptLog) return error.message
  if (!(error instanceof Error) || !("code" in error)) return undefined
  if (error.code === "EADDRINUSE") {
    return `Port ${options?.port} of ${options?.host} is in use. Choose another with --port, or 0 for a free one.`
  }
  if (error.code === "EADDRNOTAVAIL") return `This machine has no address ${options?.host}. Choose another with --host.`
  if (error.code === "ENOENT" || error.code === "EACCES" || error.code === "EISDIR") {
    return `The log ${options?.log} cannot be written (${error.message}). Choose another with --log.`
  }
  return undefined
}

const fail = (error: unknown, options: Options.Options | undefined): void => {
  const text = explained(error, options)
  complain(text ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)))
  process.exitCode = text === undefined ? defect : wrongInput
}

const run = async (options: Options.Options): Promise<void> => {
  const clock = Server.wallClock()
  const { markets, close: closeMarkets } = await marketsOf(options, clock)
  const log = AcceptLog.open(options.log, { nowMs: Date.now(), fsync: options.logFsync })
  let closing = false
  const close = (): void => {
    if (closing) return
    closing = true
    process.stdin.destroy()
    Promise.all([server.close(), closeMarkets()]).then(
      () => process.exit(),
      (error: unknown) => {
        fail(error, options)
        process.exit()
      }
    )
  }
  const server = await Server.start({
    port: options.port,
    host: options.host,
    accounts: options.accounts,
    markets,
    speed: options.speed,
    clock,
    live: options.live !== undefined,
    lockStep: options.lockStep,
    warmUpUs: options.warmUpUs,
    log,
    faults: options.faults,
    makerFeeBps: options.feeBps,
    takerFeeBps: options.feeBps,
    limits: options.limits,
    onEnded: () => say({ ended: true }),
    onFailure: (error) => {
      fail(error, options)
      close()
    }
  })
  process.once("SIGTERM", close)
  process.once("SIGINT", close)
  if (options.parentStdin) {
    process.stdin.once("end", close)
    process.stdin.once("close", close)
    process.stdin.once("error", close)
    process.stdin.resume()
  }
  say({ ready: true, port: server.port, symbols: server.exchange.symbols, pid: process.pid })
}

const main = async (): Promise<void> => {
  let options: Options.Options | undefined
  try {
    options = Options.parse(process.argv.slice(2))
    if (options.help) process.stdout.write(`${Options.usage}\n`)
    else await run(options)
  } catch (error) {
    fail(error, options)
    process.exit()
  }
}

void main()
