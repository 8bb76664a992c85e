/**
 * Installs the workspace's packages when, and only when, something that decides them has changed.
 *
 * Runs on the plain Node 20 and npm of a fresh machine; uses nothing that would have to be installed first.
 * A stamp in node_modules holds the hash of the lockfile, the workspace file and every package.json: while it
 * matches, neither the network nor the disk is touched. Two runs at once are safe: one installs, one waits.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { withLock } from "./lock.mjs"
import { forwardSignals } from "./signals.mjs"

export const root = join(dirname(fileURLToPath(import.meta.url)), "..")

const stampPath = join(root, "node_modules", ".outcry-installed")
const nodeMajorMin = 20

/** A failure the user can mend: `message` says what to do next. */
export class SetupError extends Error {}

/** The Node 24 binary that the npm package `node` brings: the file itself, so that signals reach it directly. */
export const nodeBinary = () => realpathSync(join(root, "node_modules", "node", "bin", "node"))

/** Installs if needed; rejects with a SetupError that says what to do. `say` receives progress lines. */
export const install = async (say = (line) => process.stderr.write(`${line}\n`)) => {
  requireNode()
  if (isInstalled()) return
  say("outcry: installing packages (first run, or the packages changed) ...")
  requireWritable()
  await withLock(
    join(root, ".outcry", "install.lock"),
    (owner) => say(`outcry: ${waitingFor(owner)}`),
    async () => {
      if (isInstalled()) return
      const started = Date.now()
      await pnpmInstall(say)
      if (!existsSync(join(root, "node_modules", "node", "bin", "node"))) {
        throw new SetupError("The install finished but brought no Node binary. Remove node_modules and run this again.")
      }
      writeFileSync(stampPath, fingerprint())
      say(`outcry: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    }
  )
}

const waitingFor = (owner) => `another install (process ${owner}) is under way, waiting for it ...`

const isInstalled = () => {
  try {
    return readFileSync(stampPath, "utf8") === fingerprint() && existsSync(nodeBinary())
  } catch (cause) {
    if (cause.code === "ENOENT") return false
    throw cause
  }
}

/** Platform and architecture are part of it: binaries of one machine do not run on another that mounts the folder. */
const fingerprint = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`)
  for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests()]) {
    hash
      .update(`${path}\n`)
      .update(readFileSync(join(root, path)))
      .update("\n")
  }
  return hash.digest("hex")
}

/** The package.json of the root and of each folder that pnpm-workspace.yaml names. */
const manifests = () => {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")
  const section = /^packages:\n((?:[ \t]+-.*\n|[ \t]*\n|[ \t]*#.*\n)+)/m.exec(workspace)
  const patterns = [...(section?.[1] ?? "").matchAll(/^\s*-\s*["']?([^"'\s#]+)/gm)].map((match) => match[1])
  const folders = patterns.flatMap((pattern) => (pattern.endsWith("/*") ? childrenOf(pattern.slice(0, -2)) : [pattern]))
  const paths = folders.map((folder) => `${folder}/package.json`).filter((path) => existsSync(join(root, path)))
  return ["package.json", ...paths.toSorted()]
}

const childrenOf = (folder) => {
  if (!existsSync(join(root, folder))) return []
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}`)
}

const requireNode = () => {
  const major = Number(process.versions.node.split(".")[0])
  if (major >= nodeMajorMin) return
  throw new SetupError(
    `Node ${process.versions.node} is too old: outcry needs Node ${nodeMajorMin} or later to install. ` +
      "Get a current one from https://nodejs.org and run this again."
  )
}

const requireWritable = () => {
  try {
    accessSync(root, constants.W_OK)
    if (existsSync(join(root, "node_modules"))) accessSync(join(root, "node_modules"), constants.W_OK)
    mkdirSync(join(root, ".outcry"), { recursive: true })
    accessSync(join(root, ".outcry"), constants.W_OK)
  } catch {
    throw new SetupError(
      `The packages must be installed, but this user may not write to ${root}. ` +
        "Run it as the user who owns the folder, or make a clone of your own."
    )
  }
}

/** Lines that tell nobody anything: settings of the user's own npm, and the list of what every install installs. */
const noise = /^\s*$|^npm warn Unknown|^\+ |^(?:devD|d)ependencies:$/i

/** The version is pinned in package.json: a range would ask the registry even when everything is cached. */
const pnpmInstall = async (say) => {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const pnpmArgs = ["install", "--frozen-lockfile", "--reporter=append-only", "--config.confirm-modules-purge=false"]
  const child = spawn("npx", ["-y", "--loglevel=error", packageManager, ...pnpmArgs], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  const forwarding = forwardSignals((signal) => process.kill(-child.pid, signal))
  const tail = []
  const show = progressLine(say)
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (noise.test(line)) return
      tail.push(line)
      if (tail.length > 60) tail.shift()
      show(line)
    })
  }
  const code = await exitOf(child)
  forwarding.end()
  if (forwarding.first() !== undefined) throw new SetupError("Stopped during the install. Run it again to finish it.")
  if (code !== 0) throw new SetupError(remedy(tail.join("\n"), code))
}

const exitOf = (child) =>
  new Promise((resolve, reject) => {
    child.on("error", (cause) =>
      reject(
        cause.code === "ENOENT"
          ? new SetupError("npx was not found. It comes with npm: install npm, then run this again.")
          : cause
      )
    )
    child.on("close", (code, signal) => resolve(code ?? signal))
  })

/** On a terminal pnpm's running totals rewrite one line; elsewhere each is a line of its own. */
const progressLine = (say) => {
  const inPlace = process.stderr.isTTY === true
  return (line) => {
    if (inPlace && line.startsWith("Progress:") && !line.endsWith("done")) process.stderr.write(`\r\x1b[K${line}`)
    else say(inPlace ? `\r\x1b[K${line}` : line)
  }
}

const remedies = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_PNPM_NO_OFFLINE|ERR_PNPM_META_FETCH_FAIL|ERR_SOCKET_TIMEOUT|error sending request|dns error/i,
    "The npm registry cannot be reached. The first run needs it (later ones work offline): connect to the network, " +
      "or set the registry or proxy in your .npmrc, and run this again."
  ],
  [
    /ERR_PNPM_\w*LOCKFILE/,
    "pnpm-lock.yaml does not match the package.json files. Run `npx pnpm install --no-frozen-lockfile` and commit the lockfile."
  ],
  [
    /EACCES|EPERM|EROFS/,
    `This user may not write to ${root} or to the npm cache. Make both your own and run this again.`
  ],
  [/ENOSPC/, "The disk is full. Free about 1 GB and run this again."],
  [/UNSUPPORTED_ENGINE|EBADENGINE|Unsupported engine/i, `Use Node ${nodeMajorMin} or later and run this again.`]
]

const remedy = (output, code) => {
  const known = remedies.find(([pattern]) => pattern.test(output))
  const advice = known?.[1] ?? "Its output is above. Mend what it names and run this again."
  return `Installing the packages failed (pnpm ended with ${code}). ${advice}`
}
