/** `outcry chaos` as the command line accepts and explains it; what it does is imported when it runs. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { asJson } from "./Flags.ts"

const count = (name: string, description: string, min: number, max: number, standard: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("N"),
    Flag.withDescription(`${description}, ${min} to ${max} (default ${standard})`),
    Flag.filter(
      (n) => n >= min && n <= max,
      () => `a whole number from ${min} to ${max}`
    ),
    Flag.withDefault(standard)
  )

const file = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("FILE"), Flag.withDescription(description), Flag.optional)

export const chaos = Command.make(
  "chaos",
  {
    strategy: Flag.String("strategy").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "A strategy of yours, on an account of its own beside the load; FILE:{JSON} sets its parameters; may be repeated"
      ),
      Flag.atLeast(0)
    ),
    config: file("config", "A floor's configuration (floor.json) whose strategies, limits and times are taken over"),
    nodes: count("nodes", "Nodes of a floor", 2, 8, 2),
    scenarios: count("scenarios", "Scenarios: each one fault or two that overlap", 0, 100_000, 40),
    kills: count("kills", "Nodes killed under load with an order in flight", 0, 1_000, 0),
    freezes: count("freezes", "Nodes frozen past their lease and resumed", 0, 1_000, 0),
    seed: count("seed", "Number of the first scenario, and seed of everything else", 1, 4_294_967_295, 1),
    report: file("report", "Write the report there, as one HTML file that needs nothing else"),
    json: asJson
  },
  (options) => Effect.promise(() => import("./ChaosCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription(
    "Break floors of your strategies on purpose (kills, freezes, partitions, a faulty venue, a failing database) and say whether any order was lost or doubled"
  ),
  Command.withExamples([
    { command: "outcry chaos --strategy my.ts", description: "Forty scenarios, about five minutes on two cores" },
    {
      command: "outcry chaos --scenarios 150 --kills 20 --freezes 20 --report chaos.html",
      description: "More of them, with figures of failover and a report to keep"
    },
    {
      command: "outcry chaos --config .outcry/floor.json",
      description: "With the strategies and limits of that floor"
    },
    { command: "outcry chaos --scenarios 1 --seed 17", description: "Scenario 17 again" }
  ])
)
