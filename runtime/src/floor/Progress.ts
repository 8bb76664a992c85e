/**
 * What a start tells the person who waits: one line a step with its time, on stderr. On a terminal a step that is under
 * way shows at once and its line is completed; elsewhere a line comes when the step is done.
 */
import { Effect } from "effect"
import { durationText } from "../cli/TimeText.ts"
import { message, onStderr } from "../cli/Output.ts"

const inPlace = (): boolean => process.stderr.isTTY

/** Runs a step and says how long it took. A failed step leaves no half line. */
export const step = <A, E, R>(
  label: string,
  effect: Effect.Effect<A, E, R>,
  detail?: (value: A) => string
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const startedMs = performance.now()
    if (inPlace()) process.stderr.write(onStderr.dim(`  … ${label}`))
    const clear = Effect.sync(() => {
      if (inPlace()) process.stderr.write("\r\u001b[K")
    })
    return effect.pipe(
      Effect.onExit(() => clear),
      Effect.tap((value) => {
        const what = detail === undefined ? label : `${label} ${onStderr.dim(detail(value))}`
        return message(`  ${onStderr.green("✓")} ${what} ${onStderr.dim(durationText(performance.now() - startedMs))}`)
      })
    )
  })

export const note = (text: string): Effect.Effect<void> => message(`  ${onStderr.cyan("·")} ${text}`)

export const warn = (text: string): Effect.Effect<void> => message(`  ${onStderr.yellow("!")} ${text}`)
