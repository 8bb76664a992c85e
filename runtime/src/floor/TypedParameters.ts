/** Parameters of strategies as people type them, `KEY=VALUE`, and as the strategy's schema takes them. */
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { Effect, Schema } from "effect"
import { userError } from "../cli/UserError.ts"
import type { StrategyConfig } from "../FloorConfig.ts"

const isJson = Schema.is(Schema.Json)

/** A value as people type it: JSON where it is JSON, text otherwise. Which of the two a parameter wants, its schema says. */
const valueOf = (text: string): Schema.Json => {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : text
  } catch {
    return text
  }
}

export interface Override {
  readonly strategy: string
  readonly key: string
  /** As typed. */
  readonly text: string
}

export const parseOverride = Effect.fnUntraced(function* (text: string) {
  const match = /^(?:([A-Za-z0-9_-]+)\.)?([A-Za-z_$][\w$]*)=(.*)$/s.exec(text)
  if (match === null)
    return yield* userError(
      "InvalidParameters",
      `--param '${text}' is not KEY=VALUE.`,
      "Write it as --param quantity=0.01."
    )
  const override: Override = { strategy: match[1] ?? "", key: match[2]!, text: match[3]! }
  return override
})

/** The parameters with what was typed: `0.01` is a number or a decimal text, whichever the schema takes. */
export const withOverrides = (
  definition: StrategyDefinition<unknown, unknown>,
  base: StrategyConfig["parameters"],
  overrides: ReadonlyArray<Override>
): StrategyConfig["parameters"] => {
  const decode = Schema.decodeUnknownResult(definition.parameters, { onExcessProperty: "error" })
  const parameters = { ...base }
  for (const { key, text } of overrides) parameters[key] = valueOf(text)
  const refused = (key: string): boolean => {
    const result = decode(parameters)
    return result._tag === "Failure" && result.failure.message.includes(`["${key}"]`)
  }
  for (const { key, text } of overrides) {
    if (!refused(key)) continue
    parameters[key] = text
    // Refused either way: what is wrong with the value says more than what is wrong with its text.
    if (refused(key)) parameters[key] = valueOf(text)
  }
  return parameters
}

/** What a schema says of parameters, on one line. */
export const wordsOf = (text: string): string =>
  text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/Expected no excess property at \["([^"]*)"\]/g, 'there is no parameter "$1"')
