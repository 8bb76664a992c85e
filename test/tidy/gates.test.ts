/** Each gate of scripts/gates.mjs, with this repository's own configuration, against a planted violation. */
import { readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { NodeProcess, folderWith, root } from "./House.ts"

const configuration = [
  ".oxfmtrc.json",
  ".oxlintrc.json",
  "knip.json",
  ".secretlintrc.json",
  ".secretlintignore",
  "tsconfig.json",
  "vitest.config.ts"
]

const house = {
  "package.json": `${JSON.stringify({ name: "outcry", type: "module", devDependencies: { vitest: "5.1.1" } }, null, 2)}\n`,
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  // The packages are linked into it, and a link is no folder to the linter, which would read them all.
  ".gitignore": "node_modules\n",
  // The configuration of the suites names these.
  "test/simulation/Setup.ts": "export const setup = (): void => {}\n",
  "packages/testkit/src/PostgresTemplate.ts": "export const setup = (): void => {}\n"
}

const manifest = { type: "module", exports: { "./*": "./src/*.ts" }, dependencies: { effect: "4.1.0" } }

const clean = {
  "packages/plant/package.json": `${JSON.stringify({ name: "@outcry/plant", ...manifest }, null, 2)}\n`,
  "packages/plant/src/Plant.ts": `import { Effect } from "effect"\n\nexport const grow = Effect.succeed("leaf")\n`,
  "packages/plant/test/Plant.test.ts": `import { expect, it } from "vitest"
import { grow } from "../src/Plant.ts"

it("grows", () => {
  expect(grow).toBeDefined()
})
`
}

const judge = async (files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> => {
  const own = configuration.map((path) => [path, readFileSync(join(root, path), "utf8")])
  const folder = folderWith({ ...Object.fromEntries(own), ...house, ...files })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  const { output } = await new NodeProcess([join(root, "scripts/gates.mjs"), folder], folder).ended
  const sections = output.split(/^gate /m).slice(1)
  return new Map(sections.map((section) => [section.slice(0, 10).trim(), section.slice(10).trim()]))
}

it("passes a tidy package", async () => {
  const gates = await judge(clean)
  expect([...gates].filter(([, said]) => !said.startsWith("ok"))).toEqual([])
  expect([...gates.keys()]).toEqual(["format", "lint", "types", "dead code", "secrets"])
})

it("stops a file that is badly formatted, loose, floating, dead and holds a key", async () => {
  const key = ["-----BEGIN RSA", "PRIVATE KEY-----"].join(" ")
  const planted = [
    `import { Effect } from "effect"`,
    `export const  dead = 1;`,
    `export const loose = (given: any) => { Promise.resolve(given) }`,
    `export const grow = Effect.gen(function* () { Effect.log("floating"); return Date.now() })`
  ]
  const gates = await judge({
    ...clean,
    "packages/plant/src/Plant.ts": `${planted.join("\n")}\n`,
    "packages/plant/keys.pem": `${key}\n${"MIIEpAIBAAKCAQEA".repeat(8)}\n${key.replace("BEGIN", "END")}\n`
  })
  expect(gates.get("format")).toMatch(/^FAIL[^]*Plant\.ts/)
  expect(gates.get("lint")).toMatch(/^FAIL[^]*no-explicit-any[^]*no-floating-promises/)
  expect(gates.get("types")).toMatch(/^FAIL[^]*floatingEffect[^]*globalDateInEffect/)
  expect(gates.get("dead code")).toMatch(/^FAIL[^]*\bdead\b/)
  expect(gates.get("secrets")).toMatch(/^FAIL[^]*keys\.pem/)
})
