/** Where a file belongs, and what an import specifier points at, by the layout of the repository. */
import { posix } from "node:path"
import { type File, type Import, type Tree, importsOf } from "./Tree.ts"

/** The folder that owns a path: `packages/model`, `actors/feed`, `runtime`, `examples`, `test`, `scripts` ... */
export const areaOf = (path: string): string => {
  const [first, second] = path.split("/")
  return (first === "packages" || first === "actors") && second !== undefined ? `${first}/${second}` : (first ?? "")
}

/** The folder with the package.json that speaks for an area; the empty string is the root. */
export const packageOf = (area: string): string => (/^(?:packages\/|actors\/|runtime$)/.test(area) ? area : "")

/** From the bottom to the top: a layer may import from itself and from those below. */
export const layerOf = (area: string): number => {
  if (area === "packages/model") return 0
  // The harnesses of testkit drive the actors.
  if (area.startsWith("actors/") || area === "packages/testkit") return 2
  if (area.startsWith("packages/")) return 1
  if (area === "runtime") return 3
  return area === "examples" ? 4 : 5
}

/** `@outcry/actor-feed/Protocol` → area `actors/feed`, noun `Protocol`; undefined for other packages. */
export const outcryTarget = (specifier: string): { readonly area: string; readonly noun: string } | undefined => {
  const match = /^@outcry\/([^/]+)(?:\/(.+))?$/.exec(specifier)
  if (match === null) return undefined
  const name = match[1]!
  const area =
    name === "runtime" ? "runtime" : name.startsWith("actor-") ? `actors/${name.slice(6)}` : `packages/${name}`
  return { area, noun: match[2] ?? "" }
}

/** The path of the workspace file that an import reaches, if it is one of ours. */
export const targetPath = (file: File, { specifier }: Import): string | undefined => {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file.path), specifier)
  const target = outcryTarget(specifier)
  return target === undefined ? undefined : `${target.area}/src/${target.noun}.ts`
}

/** Which files of the tree each file imports. */
export const importGraph = (files: Tree): ReadonlyMap<string, ReadonlyArray<string>> => {
  const known = new Set(files.map((file) => file.path))
  return new Map(
    files.map((file) => [
      file.path,
      importsOf(file).flatMap((imported) => {
        const target = targetPath(file, imported)
        return target !== undefined && known.has(target) ? [target] : []
      })
    ])
  )
}

/** One cycle for each node that closes one, as the path that leads back to its start. */
export const cyclesOf = (graph: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  const done = new Set<string>()
  const visit = (node: string, trail: ReadonlyArray<string>): void => {
    const at = trail.indexOf(node)
    if (at !== -1) found.push([...trail.slice(at), node])
    if (at !== -1 || done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return found
}
