/** Flags that back-tests and walk-forwards share: data, parameters, money and costs. */
import { formatOf, timeIn } from "@outcry/backtest/data/TimeText"
import { Effect, type Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { dataFolder } from "./Flags.ts"

export const strategyArgument = Argument.String("strategy").pipe(
  Argument.withDescription("A strategy module (.ts, .js), or a signal declared in YAML or JSON")
)

export const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

export const number = (
  name: string,
  metavar: string,
  description: string,
  min: number,
  max: number,
  standard: number
) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(`${description} (default ${standard})`),
    Flag.filter(
      (value) => value >= min && value <= max,
      () => `a number from ${min} to ${max}`
    ),
    Flag.withDefault(standard)
  )

export const count = (name: string, description: string, min: number, max: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("N"),
    Flag.withDescription(description),
    Flag.filter(
      (value) => value >= min && value <= max,
      () => `a whole number from ${min} to ${max}`
    )
  )

/** A day or time → epoch µs. Throws a RangeError. */
const timeOf = (given: string): number => {
  const format = formatOf(given)
  const time = format === undefined ? undefined : timeIn(format, given)
  if (time === undefined) throw new RangeError(given)
  return time
}

const dayUs = 86_400_000_000
const isDay = (given: string): boolean => /^\d{4}-?\d{2}-?\d{2}$/.test(given)

const time = (name: string, description: string, ends: boolean) =>
  Flag.String(name).pipe(
    Flag.withMetavar("DATE"),
    Flag.withDescription(description),
    Flag.mapTryCatch(
      // A day that ends a range is in it to its last microsecond, or the bar that closes with it.
      (given) => timeOf(given) + (ends && isDay(given) ? dayUs : 0),
      () => "a day such as 2020-03-01, or a time such as 2020-03-01T14:30:00Z"
    ),
    Flag.optional
  )

/** What names and sizes the data. */
export const dataFlags = {
  on: Flag.String("on").pipe(
    Flag.withMetavar("DATA"),
    Flag.withDescription(
      "Daily bars in LEAN's format (.zip), bars as .csv, recorded Binance frames (.gz), or a data set of `outcry data`; repeat it, or separate by commas"
    ),
    Flag.atLeast(1)
  ),
  instrument: text("instrument", "ID", "What the data are of, such as us:SPY/USD (default: by the file's name)"),
  tick: text("tick", "PRICE", "Smallest step of prices (default: 0.0001 for shares, 0.01 for crypto)"),
  lot: text("lot", "QUANTITY", "Smallest quantity (default: 1 for shares, 0.0001 for crypto)"),
  data: dataFolder
}

export const runFlags = {
  param: Flag.String("param").pipe(
    Flag.withMetavar("KEY=VALUE"),
    Flag.withDescription("A parameter of the strategy; may be repeated (default: its own, and the data's instrument)"),
    Flag.atLeast(0)
  ),
  from: time("from", "Trade from this day or time on; what is before it warms up", false),
  to: time("to", "Trade up to this day or time", true),
  cash: number("cash", "AMOUNT", "Money at the start, in quote asset", 1, 1e12, 100_000),
  feeBps: number("fee-bps", "BPS", "Fee on each fill's value, in basis points", -100, 10_000, 0),
  slippageBps: number("slippage-bps", "BPS", "How much worse than its price a taking order trades", 0, 5_000, 0),
  fillAt: Flag.Literals("fill-at", ["nextOpen", "close"]).pipe(
    Flag.withDescription(
      "Of --kind vectorised: trade at the next bar's open, or flatteringly at the close (default nextOpen)"
    ),
    Flag.withDefault("nextOpen" as const)
  ),
  size: text("size", "SIZE", "How much to trade: a quantity, or a share of the money as in 50%"),
  seed: count("seed", "Seed of everything random (default 1)", 0, 4_294_967_295).pipe(Flag.withDefault(1)),
  stallSec: number("stall-sec", "S", "End a strategy that does not come back for so long", 1, 86_400, 30)
}

export const keep = Flag.Boolean("keep").pipe(
  Flag.withDescription(
    "Keep the result in the database, for `outcry report --list` (always where DATABASE_URL is set)"
  ),
  Flag.withDefault(false)
)

export interface DataGiven {
  readonly on: ReadonlyArray<string>
  readonly instrument: Option.Option<string>
  readonly tick: Option.Option<string>
  readonly lot: Option.Option<string>
  readonly data: Option.Option<string>
}

export interface RunGiven {
  readonly param: ReadonlyArray<string>
  readonly from: Option.Option<number>
  readonly to: Option.Option<number>
  readonly cash: number
  readonly feeBps: number
  readonly slippageBps: number
  readonly fillAt: "nextOpen" | "close"
  readonly size: Option.Option<string>
  readonly seed: number
  readonly stallSec: number
}

/** A command whose module is imported when it runs. */
export const later = <M, A, E>(load: () => Promise<M>, run: (module: M) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.promise(load), run)
