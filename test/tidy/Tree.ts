/** The repository as a list of texts: what the rules judge. Installed and generated folders are left out. */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { type SourceText, lineAt, read } from "./SourceText.ts"

export interface File {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export type Tree = ReadonlyArray<File>

export interface Import {
  readonly specifier: string
  readonly line: number
  /** The names between `import` and `from`, as written; empty for a bare or dynamic import. */
  readonly clause: string
}

const leftOut = new Set(["node_modules", ".git", ".outcry", "coverage"])
const kept = /\.(?:ts|tsx|mjs|md)$|(?:^|\/)package\.json$/

/** Reads the working tree below `root`. */
export const readTree = (root: string, folder = ""): Tree =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`
    if (leftOut.has(entry.name)) return []
    if (entry.isDirectory()) return readTree(root, path)
    return kept.test(path) ? [{ path, text: readFileSync(join(root, path), "utf8") }] : []
  })

export const isSource = (file: File): boolean => /\.(?:ts|tsx)$/.test(file.path)

export const isTest = (path: string): boolean => /(?:^|\/)test\//.test(path) || /\.test\.tsx?$/.test(path)

const views = new WeakMap<File, SourceText>()

export const viewOf = (file: File): SourceText => {
  const known = views.get(file)
  if (known !== undefined) return known
  const made = read(file.text)
  views.set(file, made)
  return made
}

const importPattern = /\b(?:import|export)\b([^;"'`()]*?)\bfrom\s*["']|\bimport\s*["']|\bimport\s*\(\s*["']/g

/** Static, re-exporting and dynamic imports of a file, with what they name. */
export const importsOf = (file: File): ReadonlyArray<Import> =>
  [...viewOf(file).code.matchAll(importPattern)].map((match) => {
    const from = match.index + match[0].length
    return {
      specifier: file.text.slice(from, file.text.indexOf(file.text[from - 1]!, from)),
      line: lineAt(file.text, match.index),
      clause: (match[1] ?? "").trim()
    }
  })
