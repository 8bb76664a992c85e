/** When scripts/install.mjs installs, and what it says when that fails; npx is a stand-in that records its calls. */
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { type Ended, NodeProcess, folderWith, root } from "./House.ts"

const npx = `#!/bin/sh
echo "$@" >> calls
if [ -f failure ]; then cat failure >&2; exit 1; fi
mkdir -p node_modules/node/bin
printf '#!/bin/sh\\necho "ran on the packages own node"' > node_modules/node/bin/node
chmod +x node_modules/node/bin/node
`

const workspace = (): string => {
  const folder = folderWith({
    "bin/npx": npx,
    "package.json": `{ "type": "module", "packageManager": "pnpm@1.2.3" }`,
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
    "pnpm-lock.yaml": "lockfileVersion: 9\n",
    "packages/a/package.json": `{ "name": "a" }`
  })
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true })
  return folder
}

const start = (folder: string): NodeProcess =>
  new NodeProcess(["scripts/run.mjs", "main.ts"], folder, {
    PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`
  })

const run = (folder: string): Promise<Ended> => start(folder).ended

const calls = (folder: string): ReadonlyArray<string> =>
  existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : []

it("installs once, by the pinned pnpm and the frozen lockfile, and then leaves it alone", async () => {
  const folder = workspace()
  const first = await run(folder)
  const second = await run(folder)
  expect(first).toMatchObject({ code: 0, output: expect.stringMatching(/^outcry: installing[^]*packages own node/) })
  expect(second).toMatchObject({ code: 0, output: "ran on the packages own node\n" })
  expect(calls(folder)).toEqual([expect.stringMatching(/-y .*pnpm@1\.2\.3 install --frozen-lockfile/)])
})

it.each(["pnpm-lock.yaml", "pnpm-workspace.yaml", "packages/a/package.json"])(
  "installs again when %s changes",
  async (path) => {
    const folder = workspace()
    await run(folder)
    appendFileSync(join(folder, path), "\n")
    await run(folder)
    expect(calls(folder)).toHaveLength(2)
  }
)

it("installs when a package is added", async () => {
  const folder = workspace()
  await run(folder)
  mkdirSync(join(folder, "packages/b"))
  writeFileSync(join(folder, "packages/b/package.json"), "{}")
  await run(folder)
  expect(calls(folder)).toHaveLength(2)
})

it("lets one of several install while the others wait, and takes over from one that died", async () => {
  const folder = workspace()
  const gone = new NodeProcess(["-e", ""], folder)
  await gone.ended
  mkdirSync(join(folder, ".outcry"))
  writeFileSync(join(folder, ".outcry/install.lock"), String(gone.child.pid))
  const ends = await Promise.all([1, 2, 3, 4].map(() => run(folder)))
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0])
  expect(calls(folder)).toHaveLength(1)
  expect(existsSync(join(folder, ".outcry/install.lock"))).toBe(false)
})

it.each([
  ["npm error request failed, reason: getaddrinfo ENOTFOUND registry", /registry cannot be reached[^]*run this again/],
  ["ERR_PNPM_OUTDATED_LOCKFILE", /does not match the package\.json files/],
  ["EACCES: permission denied, mkdir", /may not write/],
  ["something new", /Its output is above/]
])("says what to do when pnpm fails with: %s", async (failure, remedy) => {
  const folder = workspace()
  writeFileSync(join(folder, "failure"), failure)
  const { code, output } = await run(folder)
  expect(code).toBe(1)
  expect(output).toContain(failure)
  expect(output).toMatch(remedy)
  expect(output).not.toMatch(/\n\s+at /)
  expect(existsSync(join(folder, ".outcry/install.lock"))).toBe(false)
})
