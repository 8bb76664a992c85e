/**
 * How help and mistakes on the command line are shown: help on stdout, examples first; a mistake on stderr as one error
 * with its remedy, without the page of help around it.
 */
import { Layer } from "effect"
import { CliConfig, CliOutput, GlobalFlag } from "effect/cli"
import { data, environment, errorText, message, onStdout } from "./Output.ts"
import { userError } from "./UserError.ts"

const colours = (): boolean => onStdout.bold("x") !== "x"

const examplesText = (
  examples: ReadonlyArray<{ readonly command: string; readonly description?: string | undefined }>
) =>
  examples.flatMap(({ command, description }) => [
    ...(description === undefined ? [] : [onStdout.dim(`  # ${description}`)]),
    `  ${onStdout.cyan(command)}`
  ])

/** A variable that stands for a flag is named itself: the library speaks of the flag only. */
const named = (text: string): string =>
  text.replace(
    /^Invalid value for flag (--\S+): "config"\. Expected: SchemaError\(Expected (.*) at \["(\w+)"\]\)$/s,
    "$3, which stands for $1, is not $2"
  )

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** The `Presenter` of the outcry command. */
export const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Version":
        return data(`${event.name} ${event.version}`)
      case "Help": {
        const { examples = [], ...doc } = event.helpDoc
        const formatter = CliOutput.defaultFormatter({ colors: colours(), globalFlags: "summary" })
        const first = examples.length === 0 ? [] : [onStdout.bold("EXAMPLES"), ...examplesText(examples), ""]
        const page = formatter.formatHelpDoc({ ...doc, description: "" }).trimEnd()
        return data([sentence(event.helpDoc.description), "", ...first, page].join("\n"))
      }
      case "InvalidInvocation": {
        const reason = event.errors
          .map((error) => sentence(named(error.message.replaceAll(/\s*\n\s*/g, " "))))
          .join(" ")
        const path = event.commandPath.join(" ")
        return message(errorText(userError("Usage", reason, `See \`${path} --help\` for what it accepts.`)))
      }
    }
  }
}

/** Whether the caller wants stack traces with unexpected failures: OUTCRY_DEBUG is set. */
export const wantsStackTraces = (): boolean => (environment()["OUTCRY_DEBUG"] ?? "") !== ""

/** Help, mistakes and the global flags of the outcry command; no wizard, since nothing here prompts. */
export const layer: Layer.Layer<never> = Layer.merge(
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)
