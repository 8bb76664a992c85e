/** What each package.json promises: its exports, and a dependency for everything its sources import. */
import type { Rule, Violation } from "./Rule.ts"
import { type File, type Tree, importsOf, isSource, isTest } from "./Tree.ts"
import { areaOf, outcryTarget, packageOf } from "./Workspace.ts"

interface Manifest {
  readonly exports?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const exportsExpected = JSON.stringify({ "./*": "./src/*.ts" })

const manifestsOf = (tree: Tree): ReadonlyMap<string, Manifest> =>
  new Map(
    tree
      .filter((file) => /(?:^|\/)package\.json$/.test(file.path))
      .map((file) => [file.path.replace(/\/?package\.json$/, ""), JSON.parse(file.text) as Manifest])
  )

const exportsShape: Rule = {
  name: "packages export their files, not an index",
  check: (tree) =>
    [...manifestsOf(tree)].flatMap(([folder, manifest]): ReadonlyArray<Violation> => {
      if (folder === "" || JSON.stringify(manifest.exports) === exportsExpected) return []
      return [{ path: `${folder}/package.json`, line: 1, message: `"exports" must be ${exportsExpected}` }]
    })
}

/** The name to depend on: `@scope/name` or `name`, without the path inside it; undefined for node's own modules. */
const dependencyOf = (specifier: string): string | undefined => {
  if (/^(?:\.|#|node:)/.test(specifier)) return undefined
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")
}

const declared: Rule = {
  name: "every import is a declared dependency",
  check: (tree) => {
    const manifests = manifestsOf(tree)
    const root = manifests.get("")
    const check = (file: File): ReadonlyArray<Violation> => {
      const folder = packageOf(areaOf(file.path))
      const manifest = manifests.get(folder)
      if (manifest === undefined) return []
      const inTest = folder === "" || isTest(file.path)
      const names = new Set([
        ...Object.keys(manifest.dependencies ?? {}),
        ...(inTest ? Object.keys({ ...manifest.devDependencies, ...root?.dependencies, ...root?.devDependencies }) : [])
      ])
      return importsOf(file).flatMap(({ specifier, line }) => {
        const name = dependencyOf(specifier)
        if (name === undefined || names.has(name) || outcryTarget(specifier)?.area === folder) return []
        return [
          {
            path: file.path,
            line,
            message: `add "${name}" to the dependencies of ${folder || "the root"}/package.json`
          }
        ]
      })
    }
    return tree.filter(isSource).flatMap(check)
  }
}

export const packageRules: ReadonlyArray<Rule> = [exportsShape, declared]
