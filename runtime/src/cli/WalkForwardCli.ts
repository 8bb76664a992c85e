/** `outcry walk-forward` as the command line accepts and explains it; what it does is imported when it runs. */
import { Command, Flag } from "effect/cli"
import { asJson } from "./Flags.ts"
import { dataFlags, keep, later, runFlags, strategyArgument, text } from "./ResearchFlags.ts"

const needed = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

export const walkForward = Command.make(
  "walk-forward",
  {
    strategy: strategyArgument,
    ...dataFlags,
    space: needed("space", "SPACE", "What to search: NAME=FROM:TO:STEP or NAME=A|B, separated by commas"),
    train: needed("train", "LENGTH", "How long each search learns: 3y, 6mo, 90d, 12h, 30m, or a number of bars"),
    test: needed("test", "LENGTH", "How long its choice is then tried"),
    anchored: Flag.Boolean("anchored").pipe(
      Flag.withDescription("Learn from all that came before instead of a window that moves"),
      Flag.withDefault(false)
    ),
    metric: needed("metric", "NAME", "Figure to choose by (default sharpe)").pipe(Flag.withDefault("sharpe")),
    ...runFlags,
    report: text("report", "FILE", "Write the joined tests there as a tear sheet, one HTML file"),
    save: text("save", "FILE", "Write the joined tests there, as JSON for `outcry report`"),
    keep,
    json: asJson
  },
  (options) =>
    later(
      () => import("./WalkForwardCommand.ts"),
      ({ run }) => run(options)
    )
).pipe(
  Command.withDescription(
    "Choose parameters on what came before, try them on what comes next, and say whether the search found more than luck"
  ),
  Command.withExamples([
    {
      command:
        "outcry walk-forward examples/06-rsi-reversal.ts --on spy.zip --space period=2:20:2,oversold=10:40:5 --train 3y --test 1y",
      description: "Eighteen years of tests, each chosen on the three years before it"
    },
    {
      command:
        "outcry walk-forward my.yaml --on spy.zip --space period=5:50:5 --train 3y --test 1y --anchored --fee-bps 2 --report walk.html",
      description: "Learning from everything before, with costs, and a report to look at"
    }
  ])
)
