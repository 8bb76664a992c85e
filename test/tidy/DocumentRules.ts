/** The documents every repository needs, and that they keep up with the packages. */
import type { Rule, Violation } from "./Rule.ts"
import type { Tree } from "./Tree.ts"

const expected = ["README.md", "ARCHITECTURE.md", "CONTEXT.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
const adrLinesMax = 60

const present: Rule = {
  name: "the documents exist",
  check: (tree) =>
    expected
      .filter((path) => !tree.some((file) => file.path === path && file.text.trim() !== ""))
      .map((path) => ({ path, line: 1, message: `write ${path}.` }))
}

const mapped: Rule = {
  name: "ARCHITECTURE.md names every package",
  check: (tree) => {
    const map = tree.find((file) => file.path === "ARCHITECTURE.md")?.text ?? ""
    return tree.flatMap((file): ReadonlyArray<Violation> => {
      const folder = /^((?:packages|actors)\/[^/]+|runtime)\/package\.json$/.exec(file.path)?.[1]
      if (folder === undefined || map.includes(folder)) return []
      return [{ path: "ARCHITECTURE.md", line: 1, message: `say what ${folder} is for.` }]
    })
  }
}

const decisions: Rule = {
  name: `decisions are numbered and fit a page`,
  check: (tree: Tree) => {
    const files = tree.filter((file) => file.path.startsWith("docs/adr/"))
    const numbers = files.map((file) => file.path.slice("docs/adr/".length, "docs/adr/0000".length))
    return files.flatMap((file, at): ReadonlyArray<Violation> => {
      const lines = file.text.trimEnd().split("\n").length
      const say = (message: string): Violation => ({ path: file.path, line: 1, message })
      return [
        ...(/^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(file.path) ? [] : [say("name it NNNN-title.md, in lower case.")]),
        ...(numbers.indexOf(numbers[at]!) === at ? [] : [say(`the number ${numbers[at]} is taken: use the next one.`)]),
        ...(lines <= adrLinesMax ? [] : [say(`${lines} lines: a decision fits a page, at most ${adrLinesMax}.`)])
      ]
    })
  }
}

export const documentRules: ReadonlyArray<Rule> = [present, mapped, decisions]
