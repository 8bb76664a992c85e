/** `outcry report` as the command line accepts and explains it; what it does is imported when it runs. */
import { Argument, Command, Flag } from "effect/cli"
import { asJson, dataFolder } from "./Flags.ts"
import { later, text } from "./ResearchFlags.ts"

export const report = Command.make(
  "report",
  {
    runs: Argument.String("run").pipe(
      Argument.withDescription(
        "A file that --save wrote, or the id of a kept run or its beginning; several are compared"
      ),
      Argument.variadic()
    ),
    list: Flag.Boolean("list").pipe(Flag.withDescription("List the runs that are kept"), Flag.withDefault(false)),
    name: text("name", "NAME", "Of --list: only runs of this strategy or study"),
    report: text("report", "FILE", "Write the tear sheet, or the comparison, there as one HTML file"),
    data: dataFolder,
    json: asJson
  },
  (options) =>
    later(
      () => import("./ReportCommand.ts"),
      ({ run }) => run(options)
    )
).pipe(
  Command.withDescription("Show a back-test again, or compare several decision by decision"),
  Command.withExamples([
    { command: "outcry report run.json --report run.html", description: "The tear sheet of a saved result" },
    { command: "outcry report before.json after.json", description: "Which is better, and where they first differ" },
    { command: "outcry report --list", description: "The runs kept in the database" },
    { command: "outcry report 61dd14667330", description: "One of them" }
  ])
)
