/** `outcry explain`: why a strategy trades or does not, stage by stage and check by check. */
import { Effect, type Option } from "effect"
import { funnel, type Funnel } from "../report/Funnel.ts"
import { data, json, onStdout, table } from "./Output.ts"
import { askFloor } from "./StatusCommand.ts"
import { userError } from "./UserError.ts"

const stageRows = ({ stages }: Funnel): ReadonlyArray<ReadonlyArray<string>> =>
  stages.map(({ count, detail, stage }) => [stage, String(count), detail])

/** Checks that stopped something, and how many of the others let everything through. */
const checkText = ({ checks }: Funnel): string => {
  const stopping = checks.filter(({ stopped }) => stopped > 0)
  const rest = checks.length - stopping.length
  if (stopping.length === 0) return `All ${rest} checks let everything through.`
  const rows = stopping.map(({ check, example, passed, stopped }) => [check, String(stopped), String(passed), example])
  return `${table(["check", "stopped", "went on", "last time"], rows, [1, 2])}\nThe other ${rest} checks stopped nothing.`
}

export const funnelText = (seen: Funnel): string =>
  [
    `${onStdout.bold(seen.strategy)} on ${seen.account}, ${seen.condition}`,
    "",
    table(["stage", "count", ""], stageRows(seen), [1]),
    "",
    checkText(seen),
    "",
    seen.blockedBy === ""
      ? onStdout.green(seen.verdict)
      : `${onStdout.yellow(`Blocked at ${seen.blockedBy}.`)} ${seen.verdict}`,
    ...(seen.hint === "" ? [] : [`Hint: ${seen.hint}`])
  ].join("\n")

interface ExplainOptions {
  readonly strategy: string
  readonly data: Option.Option<string>
  readonly json: boolean
}

export const run = Effect.fnUntraced(function* (options: ExplainOptions) {
  const { status } = yield* askFloor(options.data)
  const found = status.strategies.find(({ strategy }) => strategy === options.strategy)
  if (found === undefined) {
    const silent = status.missing.find(({ id, kind }) => kind === "strategy" && id === options.strategy)
    if (silent !== undefined)
      return yield* userError(
        "GatewayUnreachable",
        `Strategy ${options.strategy} does not answer: ${silent.reason}.`,
        "It may be moving between nodes; try again in a few seconds."
      )
    const names = status.strategies.map(({ strategy }) => strategy).join(", ")
    return yield* userError(
      "UnknownStrategy",
      `No strategy ${options.strategy} runs on this floor.`,
      `These run: ${names}.`
    )
  }
  const seen = funnel(
    found,
    status.accounts.find(({ account }) => account === found.account)
  )
  yield* options.json ? json(seen) : data(funnelText(seen))
})
