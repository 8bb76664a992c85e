/** `outcry backtest` as the command line accepts and explains it; what it does is imported when it runs. */
import { Command, Flag } from "effect/cli"
import { asJson } from "./Flags.ts"
import { count, dataFlags, keep, later, number, runFlags, strategyArgument, text } from "./ResearchFlags.ts"

export const backtest = Command.make(
  "backtest",
  {
    strategy: strategyArgument,
    ...dataFlags,
    kind: Flag.Literals("kind", ["event", "vectorised"]).pipe(
      Flag.withDescription(
        "Event by event through the live strategy, account and checks, or a signal over all bars at once (default event)"
      ),
      Flag.withDefault("event" as const)
    ),
    ...runFlags,
    latencyMs: number("latency-ms", "MS", "How long an order takes to the venue, and a report back", 0, 60_000, 0),
    longOnly: Flag.Boolean("long-only").pipe(
      Flag.withDescription("Lend nothing: what would be sold short is refused"),
      Flag.withDefault(false)
    ),
    benchmark: text("benchmark", "DATA", "What to compare with (default: holding the first instrument)"),
    check: Flag.Boolean("check").pipe(
      Flag.withDescription(
        "Look whether it knows the future, and how much history its indicators need; exit 1 if it cheats"
      ),
      Flag.withDefault(false)
    ),
    monteCarlo: count("monte-carlo", "Draw its round trips anew so many times", 1, 1_000_000).pipe(Flag.optional),
    report: text("report", "FILE", "Write the tear sheet there, one HTML file"),
    csv: text("csv", "DIR", "Write orders, fills, round trips and the equity curve there, as CSV"),
    save: text("save", "FILE", "Write the result there, as JSON for `outcry report`"),
    keep,
    json: asJson
  },
  (options) =>
    later(
      () => import("./BacktestCommand.ts"),
      ({ run }) => run(options)
    )
).pipe(
  Command.withDescription("Run a strategy over history, and say what it earned, what it assumed and what to doubt"),
  Command.withExamples([
    { command: "outcry backtest examples/06-rsi-reversal.ts --on spy.zip", description: "A strategy over daily bars" },
    {
      command: "outcry backtest examples/06-rsi-reversal.ts --on spy.zip --fee-bps 1 --report rsi.html",
      description: "With costs, and a tear sheet to look at"
    },
    {
      command: "outcry backtest examples/02-market-maker.ts --on btcusdt_20240808.gz,btcusdt_20240809.gz",
      description: "Over recorded quotes, trades and books"
    },
    {
      command: "outcry backtest my-signal.yaml --on spy.zip --kind vectorised --check",
      description: "All bars at once, and whether it knows the future"
    },
    { command: "outcry backtest my.ts --on spy.zip --param period=20 --json | jq .metrics" }
  ])
)
