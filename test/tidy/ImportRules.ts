/** Which way imports run: model ← packages ← actors ← runtime ← examples ← test, and what each may reach. */
import type { Rule, Violation } from "./Rule.ts"
import { type File, type Tree, importsOf, isSource, isTest, viewOf } from "./Tree.ts"
import { lineAt } from "./SourceText.ts"
import { areaOf, cyclesOf, importGraph, layerOf, outcryTarget, packageOf, targetPath } from "./Workspace.ts"

const sources = (tree: Tree): Tree => tree.filter(isSource)

/** A rule that looks at each import of each file by itself. */
const perImport = (
  name: string,
  judge: (file: File, from: string, target: string, noun: string) => string | undefined
): Rule => ({
  name,
  check: (tree) =>
    sources(tree).flatMap((file) =>
      importsOf(file).flatMap((imported) => {
        const target = targetPath(file, imported)
        if (target === undefined) return []
        const message = judge(file, areaOf(file.path), areaOf(target), outcryTarget(imported.specifier)?.noun ?? "")
        return message === undefined ? [] : [{ path: file.path, line: imported.line, message }]
      })
    )
})

const direction = perImport("imports run one way", (file, from, target) => {
  if (target === "packages/testkit") return undefined
  if (layerOf(target) <= layerOf(from)) return undefined
  return `${from} may not import ${target}: imports run model <- packages <- actors <- runtime <- examples <- test. Move what both need down.`
})

const protocols = perImport("actors meet only through their Protocol", (file, from, target, noun) => {
  if (!from.startsWith("actors/") || !target.startsWith("actors/") || from === target) return undefined
  if (noun === "Protocol" || isTest(file.path)) return undefined
  return `an actor knows another only by its messages: import @outcry/actor-${target.slice(7)}/Protocol instead of ${noun}.`
})

const venues = perImport("strategies never reach a venue", (file, from, target) => {
  if (target !== "packages/venue") return undefined
  if (from !== "examples" && from !== "actors/strategy") return undefined
  return "a strategy emits intents and its account decides: use the context of @outcry/model instead of a venue."
})

const testkit = perImport("testkit is for tests", (file, from, target) => {
  if (target !== "packages/testkit" || from === "packages/testkit" || isTest(file.path)) return undefined
  return "@outcry/testkit is for tests only: move what production code needs into the package that owns it."
})

const relative = perImport("relative imports stay in their package", (file, from, target, noun) => {
  if (noun !== "" || packageOf(from) === packageOf(target)) return undefined
  return `a relative path leaves ${from}: import @outcry/<package>/<Noun> instead.`
})

const own = perImport("a package reaches itself by relative paths", (file, from, target, noun) => {
  if (noun === "" || from !== target || isTest(file.path)) return undefined
  return `import ./${noun}.ts instead of the package's own name.`
})

const cycles: Rule = {
  name: "no import cycles",
  check: (tree) => {
    const files = sources(tree)
    const graph = importGraph(files)
    const packages = new Map<string, Array<string>>()
    for (const [path, targets] of graph) {
      if (isTest(path)) continue
      const from = areaOf(path)
      const others = targets.map(areaOf).filter((target) => target !== from)
      packages.set(from, [...(packages.get(from) ?? []), ...others])
    }
    const say = (cycle: ReadonlyArray<string>): Violation => ({
      path: cycle[0]!,
      line: 1,
      message: `import cycle ${cycle.join(" -> ")}: move what they share into a file below both.`
    })
    return [...cyclesOf(graph), ...cyclesOf(packages)].map(say)
  }
}

const barrels: Rule = {
  name: "no barrels",
  check: (tree) =>
    sources(tree).flatMap((file) => {
      const { code } = viewOf(file)
      const named = /(?:^|\/)index\.tsx?$/.test(file.path)
        ? [{ path: file.path, line: 1, message: "no index files: name the file after the noun it exports." }]
        : []
      const stars = [...code.matchAll(/\bexport\s*(?:type\s*)?\*/g)].map((match) => ({
        path: file.path,
        line: lineAt(file.text, match.index),
        message: "no `export *`: callers import the file that owns the noun."
      }))
      return [...named, ...stars]
    })
}

export const importRules: ReadonlyArray<Rule> = [direction, protocols, venues, testkit, relative, own, cycles, barrels]
