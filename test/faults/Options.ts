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

export const usage = `Usage: npm run faults -- --kills N [options]

Starts a floor of real processes under load, kills a node N times, each time with an order between its commit and its
acknowledgement, and says whether anything was lost or doubled. Ends with 0 where nothing was and every account accepted
commands again in time, with 1 where not, and with 2 where it could not be run.

  --kills N     how many kills, 1 to 1000
  --nodes N     nodes of the floor, 2 to 8; default 3
  --accounts N  accounts, each with a strategy that never stops trading, 1 to 24; default 6
  --seed N      seed of the market and of the choice of nodes; default 1
  --json FILE   write the whole record there
  --keep        leave the run's folder with the logs of all processes
  --help        show this

Examples:
  npm run faults -- --kills 20 --json f.json
  npm run faults -- --kills 3 --nodes 5 --seed 7 --keep`

export interface Options {
  readonly help: boolean
  readonly kills: number
  readonly nodes: number
  readonly accounts: number
  readonly seed: number
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
  try {
    return parseArgs({
      args: [...args],
      options: {
        kills: { type: "string" },
        nodes: { type: "string", default: "3" },
        accounts: { type: "string", default: "6" },
        seed: { type: "string", default: "1" },
        json: { type: "string" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false }
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
  if (!values.help && values.kills === undefined) refuse("--kills", "is missing; say how often to kill a node")
  return {
    help: values.help,
    kills: values.kills === undefined ? 0 : whole("--kills", values.kills, 1, 1000),
    nodes: whole("--nodes", values.nodes, 2, 8),
    accounts: whole("--accounts", values.accounts, 1, 24),
    seed: whole("--seed", values.seed, 0, 2 ** 32 - 1),
    json: values.json,
    keep: values.keep
  }
}
