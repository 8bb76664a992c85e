/** The command line of the fault runs, read and checked as a whole before anything starts. */
import { Schema } from "effect"
import { parseArgs } from "node:util"

/** An option has no meaning here; says which and what would have. */
export class InvalidOption extends Schema.TaggedError<InvalidOption>()("InvalidOption", {
  option: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `Option ${this.option}: ${this.problem}. See npm run faults -- --help.`
  }
}

export const usage = `Usage: npm run faults -- [--seeds N] [--scenarios M] [--kills K] [--freezes F] [--planted] [options]

Breaks floors and says whether anything was lost or doubled. Ends with 0 where every promise held and every planted bug
was caught, with 1 where not, and with 2 where it could not be run. A scenario is skipped only where the machine cannot do
its fault; the verdict names it.

What to run, one or several of:
  --seeds N          N seeds of the deterministic simulation, 1 to 10000000
  --scenarios M      M scenarios of real processes, 1 to 100000: one fault each or two that overlap
  --kills K          K kills of nodes under load, 1 to 1000, each with an order in flight
  --freezes F        F nodes frozen past their lease and resumed, 1 to 1000
  --quiet-minutes Q  Q minutes with every core busy and no fault: counts takeovers without need
  --planted          plants each known bug and says what caught it and after how many runs

Options:
  --seed S      alone: runs simulation seed S and prints its trace hash; with --scenarios: starts at scenario S; with
                --seeds: starts at seed S; with --kills and --freezes: seed of the market and the choice of nodes
  --nodes N     nodes of a floor, 2 to 8; default 3, for scenarios 2
  --accounts N  accounts, each with a strategy that never stops trading, 1 to 24; default 6, for scenarios 4
  --floors N    floors side by side for scenarios, 1 to 8; default 2
  --json FILE   write the whole record there
  --keep        leave the folders of the runs, with the logs of all processes
  --help        show this

Examples:
  npm run faults -- --seeds 10000
  npm run faults -- --scenarios 40 --json f.json
  npm run faults -- --scenarios 1 --seed 17
  npm run faults -- --seed 4711
  npm run faults -- --kills 50 --freezes 50
  npm run faults -- --planted`

export interface Options {
  readonly help: boolean
  /** 0: not asked for, as with all the counts. */
  readonly seeds: number
  readonly scenarios: number
  readonly kills: number
  readonly freezes: number
  readonly quietMinutes: number
  readonly planted: boolean
  readonly seed: number | undefined
  readonly nodes: number | undefined
  readonly accounts: number | undefined
  readonly floors: number
  readonly json: string | undefined
  readonly keep: boolean
}

const refuse = (option: string, problem: string): never => {
  throw new InvalidOption({ option, problem })
}

const whole = (option: string, text: string, min: number, max: number): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : refuse(option, `"${text}" is not a whole number from ${min} to ${max}`)
}

const read = (args: ReadonlyArray<string>) => {
  const text = { type: "string" } as const
  const flag = { type: "boolean", default: false } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: text,
        scenarios: text,
        kills: text,
        freezes: text,
        "quiet-minutes": text,
        planted: flag,
        seed: text,
        nodes: text,
        accounts: text,
        floors: text,
        json: text,
        keep: flag,
        help: flag
      }
    }).values
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse(/'(-{1,2}[\w-]+)/.exec(why)?.[1] ?? "line", why.split(". ")[0]!.split("\n")[0]!.replace(/\.$/, ""))
  }
}

/** Throws InvalidOption. */
export const parse = (args: ReadonlyArray<string>): Options => {
  const values = read(args)
  const count = (name: "seeds" | "scenarios" | "kills" | "freezes" | "quiet-minutes", max: number): number => {
    const text = values[name]
    return text === undefined ? 0 : whole(`--${name}`, text, 1, max)
  }
  const maybe = (name: "seed" | "nodes" | "accounts" | "floors", min: number, max: number): number | undefined => {
    const text = values[name]
    return text === undefined ? undefined : whole(`--${name}`, text, min, max)
  }
  const options: Options = {
    help: values.help,
    seeds: count("seeds", 10_000_000),
    scenarios: count("scenarios", 100_000),
    kills: count("kills", 1_000),
    freezes: count("freezes", 1_000),
    quietMinutes: count("quiet-minutes", 1_440),
    planted: values.planted,
    seed: maybe("seed", 0, 2 ** 32 - 1),
    nodes: maybe("nodes", 2, 8),
    accounts: maybe("accounts", 1, 24),
    floors: maybe("floors", 1, 8) ?? 2,
    json: values.json,
    keep: values.keep
  }
  const { freezes, kills, planted, quietMinutes, scenarios, seed, seeds } = options
  if (!options.help && !planted && seed === undefined && seeds + scenarios + kills + freezes + quietMinutes === 0)
    refuse(
      "--seeds",
      "is missing, as are --scenarios, --kills, --freezes, --quiet-minutes, --planted and --seed; say what to run"
    )
  if (scenarios > 0 && seed === 0) refuse("--seed", "scenarios are numbered from 1")
  return options
}
