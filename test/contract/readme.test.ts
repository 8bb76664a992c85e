/** What the documents say is so: commands take the options they show, code compiles, links and paths lead somewhere. */
import { codeBlocks } from "@outcry/testkit/CodeBlocks"
import { Outcry } from "@outcry/testkit/Outcry"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, it, onTestFinished } from "vitest"

const root = join(import.meta.dirname, "..", "..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  "docs/backtesting.md",
  ...readdirSync(join(root, "docs/adr")).map((name) => `docs/adr/${name}`)
]
const blocks = codeBlocks(read("README.md"))
const howTo = codeBlocks(read("docs/backtesting.md"))

const outcry = new Outcry()
afterAll(() => outcry.close())

interface Command {
  readonly line: string
  /** `start`, or another command of `outcry`; of npm's scripts their name. */
  readonly name: string
  readonly flags: ReadonlyArray<string>
}

/** A line of the README or a how-to as npm would run it. */
const commandOf = (line: string): Command => {
  const [, script = "", rest = ""] = /^npm (?:run )?([a-z]+)(?: -- (.*))?$/.exec(line) ?? []
  const name = script === "outcry" ? /^(?:data |indicators )?\S+/.exec(rest)![0] : script
  return { line, name, flags: [...rest.matchAll(/--[a-z-]+/g)].map(([flag]) => flag) }
}

const lines = [...blocks, ...howTo]
  .filter(({ language }) => language === "sh")
  .flatMap(({ text }) => text.trim().split("\n"))
  .map((line) => line.replace(/\s+#.*$/, ""))
const commands = lines.filter((line) => line.startsWith("npm ")).map(commandOf)
const scripts: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts
const ofOutcry = [
  "start",
  "status",
  "trace",
  "explain",
  "why",
  "orders",
  "order",
  "accounts",
  "account",
  "verify",
  "chaos",
  "backtest",
  "optimise",
  "indicators show",
  "walk-forward",
  "report",
  "data check",
  "data import",
  "data list"
]
/** Scripts with options of their own. */
const programs: Readonly<Record<string, string>> = { faults: "test/faults/main.ts", bench: "test/bench/main.ts" }

describe("the README's commands", () => {
  it("are npm's scripts, or programs that exist", () => {
    expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining([...ofOutcry, "test", "faults", "bench"]))
    for (const { line, name } of commands)
      expect(ofOutcry.includes(name) || Object.hasOwn(scripts, name), `\`${line}\` is no script of package.json`).toBe(
        true
      )
  })

  it.each([...ofOutcry, ...Object.keys(programs)])("take the options they are shown with: %s", async (name) => {
    const program = programs[name]
    const running =
      program === undefined
        ? outcry.spawn([...name.split(" "), "--help"])
        : outcry.spawnProgram(join(root, program), ["--help"])
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    const offered = new Set(Array.from(stdout.matchAll(/--[a-z-]+/g), ([flag]) => flag))
    for (const { flags, line } of commands.filter((command) => command.name === name))
      for (const flag of flags) expect(offered, `${flag} of \`${line}\``).toContain(flag)
  })
})

/** The compiler's complaints about a text, judged by this project's options as a file of a user's own folder. */
const complaints = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-readme-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  writeFileSync(join(folder, "package.json"), '{"type":"module"}')
  writeFileSync(join(folder, "my-strategy.ts"), text)
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["my-strategy.ts"] })
  )
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  const { status, stderr, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" })
  return status === 0 ? "" : stdout + stderr
}

describe("the README's variables", () => {
  const variables = [...read("README.md").matchAll(/`(OUTCRY_[A-Z_]+)`/g)].map(([, name = ""]) => name)

  it("are named in the help of what they stand for", async () => {
    const { stdout } = await outcry.run(["start", "--help"])
    expect(variables.length).toBeGreaterThan(0)
    for (const name of variables) expect(stdout).toContain(name)
  })

  it("count where the option is missing, and give way to it", async () => {
    const wrong = { OUTCRY_NODES: "many" }
    const { code, stderr } = await outcry.run(["start"], wrong)
    expect(stderr).toMatch(/OUTCRY-1001 OUTCRY_NODES, which stands for --nodes, is not a/)
    expect(code).toBe(2)
    // The option is looked at, and the port after it.
    const given = await outcry.run(["start", "--nodes", "1", "--port", "99999"], wrong)
    expect(given.stderr).toMatch(/--port: "99999"/)
  })
})

describe("the README's code", () => {
  const code = blocks.filter(({ language }) => language === "ts").map(({ text }) => text)

  it("compiles", () => {
    expect(code.length).toBeGreaterThan(0)
    for (const text of code) expect(complaints(text)).toBe("")
  })

  it("would not compile with a handler that does not exist, or an order without its quantity", () => {
    const [first = ""] = code
    expect(complaints(first.replace("onBar:", "onCandle:"))).toMatch(/onCandle/)
    expect(complaints(first.replace("{ quantity })", "{ price: 1 })"))).toMatch(/quantity/)
  })
})

describe("the documents", () => {
  it.each(documents)("link to what exists: %s", (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = ""]) => target)
    const broken = links.filter((target) => !existsSync(join(root, dirname(path), target)))
    expect(broken).toEqual([])
  })

  it.each(documents)("name files that exist: %s", (path) => {
    const named = [...read(path).matchAll(/`((?:packages|actors|runtime|examples|test|docs|scripts|bin)\/[\w./-]*)`/g)]
    const broken = named.map(([, target = ""]) => target).filter((target) => !existsSync(join(root, target)))
    expect(broken).toEqual([])
  })
})
