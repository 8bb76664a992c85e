/**
 * The gates that every change passes before its tests: format, lint, types with Effect's diagnostics, dead code, secrets.
 *
 * Each is one program run on Node 24; what it prints is shown only when it fails.
 */
import { spawn } from "node:child_process"
import { accessSync, constants, readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { nodeBinary, root } from "./install.mjs"

const manifestOf = (packageName) =>
  JSON.parse(readFileSync(join(root, "node_modules", packageName, "package.json"), "utf8"))

/** The script behind an installed package's command. */
const bin = (packageName, command = packageName) => {
  const { bin: entry } = manifestOf(packageName)
  return join(root, "node_modules", packageName, typeof entry === "string" ? entry : entry[command])
}

/**
 * TypeScript's own compiler with Effect's diagnostics built in; the installed `tsc` stays as it was published.
 * The published file is not executable: its own command makes it so, once, where that is still needed.
 */
const effectCompiler = async () => {
  const resolve = createRequire(join(realpathSync(join(root, "node_modules/@effect/tsgo")), "package.json")).resolve
  const folder = dirname(resolve(`@effect/tsgo-${process.platform}-${process.arch}/package.json`))
  const compiler = join(folder, "artifacts/typescript", manifestOf("typescript").version, "tsc")
  try {
    accessSync(compiler, constants.X_OK)
    return compiler
  } catch {
    const { code, output } = await runQuietly(nodeBinary(), [bin("@effect/tsgo", "effect-tsgo"), "get-exe-path"])
    if (code !== 0) throw new Error(`effect-tsgo names no compiler for this machine:\n${output}`)
    return output.trim()
  }
}

const onNode = (packageName, args) => async () => [nodeBinary(), [bin(packageName), ...args]]

const gates = [
  { name: "format", mend: "npm run format", command: onNode("oxfmt", ["--check", "."]) },
  { name: "lint", mend: "npm run lint -- --fix", command: onNode("oxlint", ["--type-aware", "--deny-warnings"]) },
  {
    name: "types",
    mend: "node_modules/.bin/tsc shows the same in an editor",
    command: async () => [await effectCompiler(), ["-p", "tsconfig.json"]]
  },
  {
    name: "dead code",
    mend: "remove what nothing uses, or tell knip.json what does",
    command: onNode("knip", ["--no-progress", "--no-config-hints"])
  },
  {
    name: "secrets",
    mend: "remove the secret and revoke it where it is valid",
    command: onNode("secretlint", ["--no-color", "--secretlintignore", ".secretlintignore", "**/*"])
  }
]

/** Runs every gate on `folder`, prints a line for each, and resolves with how many passed and failed. */
export const runGates = async (folder = root, say = console.log) => {
  const counts = { passed: 0, failed: 0 }
  for (const gate of gates) {
    const started = performance.now()
    const { code, output } = await attempt(gate, folder)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    say(`gate ${gate.name.padEnd(10)} ${code === 0 ? "ok  " : "FAIL"} ${seconds.padStart(5)} s`)
    if (code === 0) counts.passed += 1
    else {
      counts.failed += 1
      say(`${output.trimEnd()}\n  -> ${gate.mend}`)
    }
  }
  return counts
}

/** A gate that cannot even start has failed. */
const attempt = async (gate, folder) => {
  try {
    const [command, args] = await gate.command()
    return await runQuietly(command, args, folder)
  } catch (cause) {
    return { code: 1, output: String(cause?.stack ?? cause) }
  }
}

const runQuietly = (command, args, cwd = root) =>
  new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      PATH: `${dirname(nodeBinary())}:${process.env.PATH}`,
      FORCE_COLOR: "0",
      NO_COLOR: "1"
    }
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text
      })
    }
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code: code ?? signal, output }))
  })

// By itself it judges the folder it is given: how its tests plant what each gate must catch.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed } = await runGates(process.argv[2])
  process.exitCode = failed === 0 ? 0 : 1
}
