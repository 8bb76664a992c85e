/** The style guide, held against the real tree, and each of its rules against a planted violation. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { callRules } from "./CallRules.ts"
import { documentRules } from "./DocumentRules.ts"
import { fileRules } from "./FileRules.ts"
import { importRules } from "./ImportRules.ts"
import { packageRules } from "./PackageRules.ts"
import { plants } from "./Plants.ts"
import { type Rule, render } from "./Rule.ts"
import { readTree } from "./Tree.ts"

const root = join(import.meta.dirname, "../..")
const rules: ReadonlyArray<Rule> = [...importRules, ...packageRules, ...fileRules, ...callRules, ...documentRules]

describe("the tree", () => {
  const tree = readTree(root)

  it("is the one the rules are about", () => {
    const paths = tree.map((file) => file.path)
    expect(paths).toContain("packages/model/package.json")
    expect(paths).toContain("test/tidy/rules.test.ts")
    expect(paths.filter((path) => path.startsWith("packages/model/src/")).length).toBeGreaterThan(3)
    expect(paths.filter((path) => path.includes("node_modules"))).toEqual([])
  })

  it.each(rules)("$name", (rule) => {
    expect(render(rule.check(tree))).toEqual([])
  })
})

describe("a planted violation", () => {
  it.each(plants.flatMap(({ rule, caught }) => caught.map((plant) => ({ rule, ...plant }))))(
    "is caught: $rule ($what)",
    ({ rule, files, says }) => {
      const found = render(ruleNamed(rule).check(files))
      expect(found.length).toBeGreaterThan(0)
      expect(found.join("\n")).toMatch(says)
    }
  )

  it.each(plants.flatMap(({ rule, passed }) => passed.map((plant) => ({ rule, ...plant }))))(
    "is not seen where there is none: $rule ($what)",
    ({ rule, files }) => {
      expect(render(ruleNamed(rule).check(files))).toEqual([])
    }
  )

  it("stands here for every rule", () => {
    const planted = new Set(plants.map(({ rule }) => rule))
    expect(rules.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([])
  })
})

const ruleNamed = (name: string): Rule => {
  const rule = [...rules, ...plants.flatMap(({ made }) => made ?? [])].findLast((candidate) => candidate.name === name)
  if (rule === undefined) throw new Error(`no rule is named "${name}"`)
  return rule
}
