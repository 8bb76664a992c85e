/** For each rule, small trees that break it and small trees that do not. */
import { type Allowance } from "./Allowance.ts"
import { shellCalls, usedAllowances } from "./CallRules.ts"
import type { Rule } from "./Rule.ts"
import type { File, Tree } from "./Tree.ts"

interface Passed {
  readonly what: string
  readonly files: Tree
}

interface Caught extends Passed {
  readonly says: RegExp
}

interface Plants {
  readonly rule: string
  readonly caught: ReadonlyArray<Caught>
  readonly passed: ReadonlyArray<Passed>
  /** The rule itself, where it is made from a list that the plant brings along. */
  readonly made?: ReadonlyArray<Rule>
}

const file = (path: string, text = ""): File => ({ path, text })
const caught = (what: string, says: RegExp, ...files: Tree): Caught => ({ what, says, files })
const passed = (what: string, ...files: Tree): Passed => ({ what, files })
const imports = (specifier: string): string => `import { x } from "${specifier}"\n`
const lines = (count: number): string => "x\n".repeat(count)
const manifest = (path: string, content: object): File => file(path, JSON.stringify(content))

const testAllowances: ReadonlyArray<Allowance> = [
  { path: "packages/venue/src/Clock.ts", calls: ["Date.now"], reason: "measures the offset to the venue's clock" },
  { path: "packages/venue/src/Gone.ts", calls: ["Math.random"], reason: "jitter of the reconnect" },
  { path: "packages/venue/src/Mute.ts", calls: ["process.env"], reason: "" }
]
const called = file("packages/venue/src/Clock.ts", "const t = Date.now()")
const mute = file("packages/venue/src/Mute.ts", "process.env")

export const plants: ReadonlyArray<Plants> = [
  {
    rule: "imports run one way",
    caught: [
      caught(
        "a package imports an actor",
        /may not import actors\/feed/,
        file("packages/store/src/A.ts", imports("@outcry/actor-feed/Protocol"))
      ),
      caught(
        "a package imports runtime",
        /may not import runtime/,
        file("packages/store/src/A.ts", imports("@outcry/runtime/Config"))
      ),
      caught(
        "model imports a package",
        /packages\/model may not import packages\/store/,
        file("packages/model/src/A.ts", imports("@outcry/store/Journal"))
      ),
      caught(
        "an actor imports runtime dynamically",
        /may not import runtime/,
        file("actors/feed/src/A.ts", `await import("@outcry/runtime/Config")`)
      ),
      caught(
        "an example imports a test",
        /examples may not import test/,
        file("examples/a.ts", imports("../test/tidy/Rule.ts"))
      )
    ],
    passed: [
      passed(
        "downwards",
        file("runtime/src/A.ts", imports("@outcry/actor-feed/Actor") + imports("@outcry/model/Order"))
      ),
      passed(
        "an import inside a string or a comment",
        file(
          "packages/model/src/A.ts",
          `// import { x } from "@outcry/store/A"\nconst s = 'import { x } from "@outcry/store/A"'`
        )
      )
    ]
  },
  {
    rule: "actors meet only through their Protocol",
    caught: [
      caught(
        "another actor's state",
        /actor-account\/Protocol/,
        file("actors/strategy/src/A.ts", imports("@outcry/actor-account/State"))
      )
    ],
    passed: [passed("its protocol", file("actors/strategy/src/A.ts", imports("@outcry/actor-account/Protocol")))]
  },
  {
    rule: "strategies never reach a venue",
    caught: [
      caught("an example", /emits intents/, file("examples/cross.ts", imports("@outcry/venue/Execution"))),
      caught(
        "the strategy actor",
        /emits intents/,
        file("actors/strategy/src/A.ts", `export type { X } from "@outcry/venue/Execution"`)
      )
    ],
    passed: [passed("the account does", file("actors/account/src/A.ts", imports("@outcry/venue/Execution")))]
  },
  {
    rule: "testkit is for tests",
    caught: [
      caught("production code", /tests only/, file("packages/store/src/A.ts", imports("@outcry/testkit/Builder")))
    ],
    passed: [passed("a test", file("packages/store/test/A.test.ts", imports("@outcry/testkit/Builder")))]
  },
  {
    rule: "relative imports stay in their package",
    caught: [
      caught(
        "into a neighbour",
        /@outcry\/<package>/,
        file("packages/store/src/A.ts", imports("../../model/src/Order.ts"))
      )
    ],
    passed: [passed("inside the package", file("packages/store/test/A.test.ts", imports("../src/A.ts")))]
  },
  {
    rule: "a package reaches itself by relative paths",
    caught: [
      caught("by its own name", /\.\/Order\.ts/, file("packages/model/src/A.ts", imports("@outcry/model/Order")))
    ],
    passed: [passed("relatively", file("packages/model/src/A.ts", imports("./Order.ts")))]
  },
  {
    rule: "no import cycles",
    caught: [
      caught(
        "of three files",
        /A\.ts -> .*B\.ts -> .*C\.ts -> .*A\.ts/,
        file("runtime/src/A.ts", imports("./B.ts")),
        file("runtime/src/B.ts", imports("./C.ts")),
        file("runtime/src/C.ts", `import type { x } from "./A.ts"`)
      ),
      caught(
        "of two packages",
        /packages\/store -> packages\/venue -> packages\/store/,
        file("packages/store/src/A.ts", imports("@outcry/venue/A")),
        file("packages/venue/src/A.ts", ""),
        file("packages/venue/src/B.ts", imports("@outcry/store/C")),
        file("packages/store/src/C.ts", "")
      )
    ],
    passed: [
      passed(
        "a diamond",
        file("runtime/src/A.ts", imports("./B.ts") + imports("./C.ts")),
        file("runtime/src/B.ts", imports("./D.ts")),
        file("runtime/src/C.ts", imports("./D.ts")),
        file("runtime/src/D.ts")
      )
    ]
  },
  {
    rule: "no barrels",
    caught: [
      caught("an index file", /index/, file("packages/model/src/index.ts")),
      caught("export *", /callers import/, file("packages/model/src/A.ts", `export * from "./B.ts"`)),
      caught("export * as", /callers import/, file("packages/model/src/A.ts", `export * as B from "./B.ts"`))
    ],
    passed: [passed("a product of two", file("packages/model/src/A.ts", "export const area = 2 * 3"))]
  },
  {
    rule: "packages export their files, not an index",
    caught: [
      caught("a main entry", /must be/, manifest("packages/model/package.json", { exports: { ".": "./src/Model.ts" } }))
    ],
    passed: [
      passed(
        "the shape",
        manifest("packages/model/package.json", { exports: { "./*": "./src/*.ts" } }),
        manifest("package.json", {})
      )
    ]
  },
  {
    rule: "every import is a declared dependency",
    caught: [
      caught(
        "a workspace package",
        /add "@outcry\/model"/,
        manifest("packages/store/package.json", {}),
        file("packages/store/src/A.ts", imports("@outcry/model/Order"))
      ),
      caught(
        "one declared for tests only",
        /add "ws"/,
        manifest("package.json", { devDependencies: { ws: "1" } }),
        manifest("packages/store/package.json", { devDependencies: { ws: "1" } }),
        file("packages/store/src/A.ts", imports("ws"))
      )
    ],
    passed: [
      passed(
        "declared, and node's own",
        manifest("packages/store/package.json", { dependencies: { "@effect/sql-pg": "1" } }),
        file("packages/store/src/A.ts", imports("@effect/sql-pg/PgClient") + imports("node:fs"))
      ),
      passed(
        "a test may use the root's tools",
        manifest("package.json", { devDependencies: { vitest: "1" } }),
        manifest("packages/store/package.json", {}),
        file("packages/store/test/A.test.ts", imports("vitest"))
      )
    ]
  },
  {
    rule: "no file is longer than 400 lines",
    caught: [caught("401", /401 lines/, file("runtime/src/A.ts", lines(401)))],
    passed: [passed("400", file("runtime/src/A.ts", lines(400)))]
  },
  {
    rule: "the median source file has at most 150 lines",
    caught: [
      caught(
        "two of three",
        /median is 160/,
        file("runtime/src/A.ts", lines(160)),
        file("runtime/src/B.ts", lines(170)),
        file("runtime/src/C.ts", lines(10))
      )
    ],
    passed: [
      passed(
        "one of three; tests do not count",
        file("runtime/src/A.ts", lines(160)),
        file("runtime/src/B.ts", lines(20)),
        file("runtime/src/C.ts", lines(10)),
        file("runtime/test/D.test.ts", lines(300))
      )
    ]
  },
  {
    rule: "files are named after a noun of the field",
    caught: ["runtime/src/utils.ts", "packages/store/src/common/A.ts", "test/Helpers.ts"].map((path) =>
      caught(path, /say nothing/, file(path))
    ),
    passed: [passed("a word that contains one", file("runtime/src/CommonStock.ts"))]
  },
  {
    rule: "the pure part has no clock, chance, environment or output",
    caught: [
      "Date.now()",
      "new Date()",
      "performance.now()",
      "Math.random()",
      "setTimeout(f, 1)",
      "crypto.randomUUID()",
      "process.exit()",
      "process.env.X",
      "console.log(1)",
      "`${Date.now()}`",
      "const f = async () => 1"
    ]
      .map((call) => caught(call, /not in the pure part/, file("packages/matching/src/A.ts", call)))
      .concat(
        caught("beside the data", /not in the pure part/, file("packages/backtest/src/features/A.ts", "await f()"))
      ),
    passed: [
      passed("reading data for a back-test", file("packages/backtest/src/data/A.ts", "await f()")),
      passed("a given date", file("packages/model/src/A.ts", "new Date(timeMs)")),
      passed(
        "words in strings, patterns and comments",
        file(
          "packages/model/src/A.ts",
          `/* Date.now() */ const s = "Math.random()"; const t = \`process.env\`; const r = /console.log('/; const q = 4 / 2 / 1`
        )
      ),
      passed("a shell's timer", file("packages/venue/src/A.ts", "setTimeout(f, 1)"))
    ]
  },
  {
    rule: "the pure part imports no services",
    caught: [
      caught("I/O", /node:fs/, file("packages/model/src/A.ts", `import { readFileSync } from "node:fs"`)),
      caught("chance", /createHash/, file("packages/model/src/A.ts", `import { randomBytes } from "node:crypto"`)),
      caught(
        "an effect",
        /Effect is for shells/,
        file("packages/model/src/A.ts", `import { Effect, Schema } from "effect"`)
      ),
      caught(
        "a module of effect",
        /Clock is for shells/,
        file("packages/model/src/A.ts", `import * as Now from "effect/Clock"`)
      )
    ],
    passed: [
      passed(
        "schemas and hashes",
        file("packages/model/src/A.ts", `import { Schema } from "effect"\nimport { createHash } from "node:crypto"\n`)
      )
    ]
  },
  {
    rule: "only runtime reads the ambient clock, chance and environment",
    made: [shellCalls(testAllowances)],
    caught: [
      caught("an actor", /Clock of effect/, file("actors/feed/src/A.ts", "const t = Date.now()")),
      caught("a package", /only runtime reads the environment/, file("packages/store/src/A.ts", "process.env.HOME")),
      caught("another call than the allowed one", /Math\.random/, file("packages/venue/src/Clock.ts", "Math.random()"))
    ],
    passed: [
      passed("runtime", file("runtime/src/A.ts", "process.env.HOME")),
      passed("a test", file("packages/store/test/A.test.ts", "Math.random()")),
      passed("an allowed place", called)
    ]
  },
  {
    rule: "every allowance is needed and says why",
    made: [usedAllowances(testAllowances.slice(0, 2)), usedAllowances(testAllowances)],
    caught: [
      caught("its call is gone", /no longer called/, called, mute),
      caught("no reason", /reason is missing/, called, mute)
    ],
    passed: []
  },
  {
    rule: "no test is focused or skipped",
    caught: ["it.only(f)", "describe.skip(f)", "it.effect.skip(f)", "it.todo(name)", "xit(f)"].map((call) =>
      caught(call, /mend the test/, file("runtime/test/A.test.ts", call))
    ),
    passed: [
      passed("skipIf, and the word elsewhere", file("runtime/test/A.test.ts", "it.skipIf(!there)(f); cursor.skip(1)"))
    ]
  },
  {
    rule: "no any, and no comment that silences a checker",
    caught: [
      ...["let a: any", "b as any", "let c: Array<any>", "let d: Map<string, any>", "type E = () => any"].map((text) =>
        caught(text, /unknown/, file("runtime/src/A.ts", text))
      ),
      ...["@ts-ignore", "@ts-expect-error x", "oxlint-disable-next-line", "@effect-diagnostics floatingEffect:off"].map(
        (text) => caught(text, /mend what/, file("runtime/src/A.ts", `// ${text}`))
      )
    ],
    passed: [
      passed(
        "the word, and Promise.any",
        file("runtime/src/A.ts", `// any\nconst s = ": any"; Promise.any([]); const anyOf = { any: 1 }`)
      )
    ]
  },
  {
    rule: "nothing is left unfinished",
    caught: ["// TODO later", "/* fixme */", "// not implemented"].map((text) =>
      caught(text, /finish it/, file("runtime/src/A.ts", text))
    ),
    passed: [passed("a word that contains one", file("runtime/src/A.ts", "const mastodon = 1 // hacksaw"))]
  },
  {
    rule: "the documents exist",
    caught: [caught("an empty one", /write README/, file("README.md", "\n"))],
    passed: [
      passed(
        "all",
        ...["README", "ARCHITECTURE", "CONTEXT", "CHANGELOG", "CONTRIBUTING", "SECURITY"].map((name) =>
          file(`${name}.md`, "x")
        )
      )
    ]
  },
  {
    rule: "ARCHITECTURE.md names every package",
    caught: [
      caught(
        "a forgotten one",
        /packages\/store/,
        file("ARCHITECTURE.md", "packages/model"),
        manifest("packages/store/package.json", {})
      )
    ],
    passed: [
      passed("a named one", file("ARCHITECTURE.md", "packages/store"), manifest("packages/store/package.json", {}))
    ]
  },
  {
    rule: "decisions are numbered and fit a page",
    caught: [
      caught("no number", /NNNN/, file("docs/adr/effect.md", "x")),
      caught("a number twice", /taken/, file("docs/adr/0001-a.md", "x"), file("docs/adr/0001-b.md", "x")),
      caught("too long", /61 lines/, file("docs/adr/0001-a.md", lines(61)))
    ],
    passed: [passed("two", file("docs/adr/0001-a.md", lines(60)), file("docs/adr/0002-b.md", "x"))]
  }
]
