/** Calls that a part of the code may not make, each with what to use instead. */
import { type Rule, type Violation, matches } from "./Rule.ts"
import { type Allowance, allowances } from "./Allowance.ts"
import { type File, type Tree, importsOf, isSource, isTest, viewOf } from "./Tree.ts"

interface Ban {
  readonly name: string
  readonly pattern: RegExp
  readonly instead: string
}

const ambient: ReadonlyArray<Ban> = [
  {
    name: "Date.now",
    pattern: /\bDate\.now\b/,
    instead: "take the time as an argument in the pure part; in a shell use Clock of effect."
  },
  {
    name: "new Date()",
    pattern: /\bnew\s+Date\s*\(\s*\)|\bnew\s+Date\b(?!\s*\()/,
    instead: "take the time as an argument in the pure part; in a shell use Clock or DateTime of effect."
  },
  {
    name: "performance.now",
    pattern: /\bperformance\.(?:now|timeOrigin)\b/,
    instead: "measure in a shell, with Clock.currentTimeNanos of effect."
  },
  {
    name: "Math.random",
    pattern: /\bMath\.random\b/,
    instead: "take a seeded generator as an argument in the pure part; in a shell use Random of effect."
  },
  {
    name: "process.env",
    pattern: /\bprocess\.env\b/,
    instead: "only runtime reads the environment: take the value as configuration."
  }
]

const impure: ReadonlyArray<Ban> = [
  ...ambient,
  {
    name: "timers",
    pattern: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
    instead: "a timer is a message: return when it is due and let the shell wait."
  },
  {
    name: "keys",
    pattern: /\brandom(?:UUID|Bytes)\s*\(|\bgetRandomValues\b/,
    instead: "take the id as an argument: the shell makes it."
  },
  { name: "process", pattern: /\bprocess\.(?!env\b)\w+/, instead: "take what you need as an argument." },
  { name: "console", pattern: /\bconsole\.\w+/, instead: "return what happened as an event; the shell logs it." },
  {
    name: "async",
    pattern: /\basync\b|\bawait\b|\bnew\s+Promise\b/,
    instead: "decide synchronously; the shell does the waiting."
  }
]

/** In `backtest` the folder `data` reads and writes files; the rest of it is pure. */
const isPure = ({ path }: File): boolean =>
  /^packages\/(?:model|matching|indicators|signals|analytics|backtest|algorithms)\/src\//.test(path) &&
  !path.startsWith("packages/backtest/src/data/")

const isShell = (file: File): boolean =>
  /^(?:packages\/(?!testkit\/)[^/]+|actors\/[^/]+)\/src\//.test(file.path) && !isPure(file)

const found = (file: File, bans: ReadonlyArray<Ban>, why: string): ReadonlyArray<Violation> =>
  bans.flatMap((ban) => matches(file, viewOf(file).code, ban.pattern, `${why}; ${ban.instead}`))

const pureCalls: Rule = {
  name: "the pure part has no clock, chance, environment or output",
  check: (tree) =>
    sources(tree)
      .filter(isPure)
      .flatMap((file) => found(file, impure, "not in the pure part"))
}

const effectServices =
  /\b(?:Effect|Layer|Context|Clock|Random|Config|Console|Fiber|Queue|PubSub|Ref|Stream|Scope|Schedule|Runtime|Semaphore)\b/

/** Schema takes the default of a field as an effect; this file wraps constants and runs nothing. */
const declaresDefaults = (path: string): boolean => path === "packages/model/src/Parameter.ts"

const pureImports: Rule = {
  name: "the pure part imports no services",
  check: (tree) =>
    sources(tree)
      .filter(isPure)
      .flatMap((file) =>
        importsOf(file).flatMap(({ specifier, clause, line }): ReadonlyArray<Violation> => {
          if (specifier.startsWith("node:") && specifier !== "node:crypto") {
            return [
              { path: file.path, line, message: `"${specifier}" does I/O: do it in a shell and pass in what it gave.` }
            ]
          }
          if (specifier === "node:crypto" && !/^\{\s*createHash\s*\}$/.test(clause)) {
            return [
              {
                path: file.path,
                line,
                message: "only createHash of node:crypto is pure; keys and chance belong to a shell."
              }
            ]
          }
          const module = /^effect\/(\w+)$/.exec(specifier)?.[1]
          const service =
            specifier === "effect" ? effectServices.exec(clause)?.[0] : effectServices.exec(module ?? "")?.[0]
          if (service === undefined || declaresDefaults(file.path)) return []
          return [
            {
              path: file.path,
              line,
              message: `${service} is for shells: keep Schema and data types, return values and events.`
            }
          ]
        })
      )
}

/** The rule that only `runtime` and entry points touch the machine's clock, chance and environment. */
export const shellCalls = (allowed: ReadonlyArray<Allowance>): Rule => ({
  name: "only runtime reads the ambient clock, chance and environment",
  check: (tree) =>
    sources(tree)
      .filter(isShell)
      .flatMap((file) => {
        const calls = allowed.filter(({ path }) => path === file.path).flatMap((allowance) => allowance.calls)
        const bans = ambient.filter((ban) => !calls.includes(ban.name))
        return found(file, bans, "only in runtime")
      })
})

/** An allowance that nothing needs any more, or that gives no reason, is a hole: it must go. */
export const usedAllowances = (allowed: ReadonlyArray<Allowance>): Rule => ({
  name: "every allowance is needed and says why",
  check: (tree) =>
    allowed.flatMap(({ path, calls, reason }) => {
      const file = tree.find((candidate) => candidate.path === path)
      const stale = calls.filter((call) => {
        const ban = ambient.find(({ name }) => name === call)
        return file === undefined || ban === undefined || !ban.pattern.test(viewOf(file).code)
      })
      const mute = reason.trim().length < 10 ? ["its reason is missing"] : []
      return [...stale.map((call) => `${call} is no longer called there: remove the allowance`), ...mute].map(
        (message) => ({ path, line: 1, message })
      )
    })
})

const focused: Rule = {
  name: "no test is focused or skipped",
  check: (tree) =>
    sources(tree)
      .filter(({ path }) => isTest(path))
      .flatMap((file) =>
        matches(
          file,
          viewOf(file).code,
          /\b(?:it|test|describe|suite)(?:\s*\.\s*\w+)*\s*\.\s*(?:only|skip|todo|fails)\b|\b(?:xit|fit|xdescribe|fdescribe)\s*\(/,
          "mend the test or delete it; what needs recordings uses skipIf with their path."
        )
      )
}

const looseTypes: Rule = {
  name: "no any, and no comment that silences a checker",
  check: (tree) =>
    sources(tree).flatMap((file) => {
      const { code, comments } = viewOf(file)
      return [
        ...matches(file, code, /(?::|\bas|[<|,&]|=>)\s*any\b(?!\s*[:(?])/, "use unknown and decode it with a Schema."),
        ...matches(
          file,
          comments,
          /@ts-(?:ignore|expect-error|nocheck)|\b(?:ox|es)lint-disable|@effect-diagnostics[^\n]*\boff\b/,
          "mend what the checker found; a rule that is wrong here is changed for everyone, in its configuration."
        )
      ]
    })
}

const unfinished: Rule = {
  name: "nothing is left unfinished",
  check: (tree) =>
    tree
      .filter((file) => isSource(file) || file.path.endsWith(".mjs"))
      .flatMap((file) => {
        const { code, comments } = viewOf(file)
        const message = "finish it, or open an issue and leave it out."
        return [
          ...matches(file, comments, /\b(?:TODO|FIXME|XXX|HACK)\b|\bnot (?:yet )?implemented\b/i, message),
          ...matches(file, code, /\b(?:TODO|FIXME|XXX)\b/, message)
        ]
      })
}

const sources = (tree: Tree): Tree => tree.filter(isSource)

export const callRules: ReadonlyArray<Rule> = [
  pureCalls,
  pureImports,
  shellCalls(allowances),
  usedAllowances(allowances),
  focused,
  looseTypes,
  unfinished
]
