/** What a rule of the style guide is: a pure function from the tree to what breaks it. */
import type { File, Tree } from "./Tree.ts"
import { lineAt } from "./SourceText.ts"

export interface Violation {
  readonly path: string
  readonly line: number
  /** What is wrong and what to do instead. */
  readonly message: string
}

export interface Rule {
  readonly name: string
  readonly check: (tree: Tree) => ReadonlyArray<Violation>
}

/** Every match of `pattern` in one view of a file. */
export const matches = (file: File, view: string, pattern: RegExp, message: string): ReadonlyArray<Violation> =>
  [...view.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    message: `\`${match[0].trim()}\`: ${message}`
  }))

/** `path:line message`, one to a line. */
export const render = (violations: ReadonlyArray<Violation>): ReadonlyArray<string> =>
  violations.map(({ path, line, message }) => `${path}:${line} ${message}`)
