/** One line on a terminal that says how far a run is and how long it will take; nothing where nobody looks. */
import { onStderr } from "./Output.ts"
import { durationText } from "./TimeText.ts"

export interface RunProgress {
  readonly say: (what: string) => void
  readonly at: (done: number, all: number) => void
  readonly clear: () => void
}

const everyMs = 100

/** `what` is counted: events, windows. */
export const runProgress = (what: string): RunProgress => {
  const live = process.stderr.isTTY
  const startMs = performance.now()
  let nextMs = 0
  const show = (text: string): void => void process.stderr.write(`\r\u001b[K${onStderr.dim(`  … ${text}`)}`)
  return {
    say: (what) => {
      if (live) show(what)
    },
    at: (done, all) => {
      const now = performance.now()
      if (!live || now < nextMs || all === 0) return
      nextMs = now + everyMs
      const share = done / all
      const left = share === 0 ? "" : `, ${durationText(((now - startMs) / share) * (1 - share))} to go`
      show(`${Math.floor(share * 100)} % of ${all.toLocaleString("en-US")} ${what}${left}`)
    },
    clear: () => {
      if (live) process.stderr.write("\r\u001b[K")
    }
  }
}
