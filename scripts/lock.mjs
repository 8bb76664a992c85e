/**
 * A lock between processes: a file that its holder touches while it works.
 *
 * A holder that died leaves a file that no longer ages well: its process is gone, or nobody has touched it for
 * `staleMs`. It is then taken over, by one of the waiters only. Waiting is bounded by `waitMsMax`.
 */
import { mkdirSync, readFileSync, rmSync, rmdirSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const touchMs = 2_000
const staleMs = 30_000
const pollMs = 200
const waitMsMax = 15 * 60_000

/** Runs `work` while holding the lock file `path`; `onWait` is told the holder's process id once, if there is one. */
export const withLock = async (path, onWait, work) => {
  mkdirSync(dirname(path), { recursive: true })
  await acquire(path, onWait)
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), touchMs)
  try {
    return await work()
  } finally {
    clearInterval(touch)
    rmSync(path, { force: true })
  }
}

const acquire = async (path, onWait) => {
  const deadline = Date.now() + waitMsMax
  for (let told = false; ;) {
    if (tryCreate(path)) return
    if (isStale(path)) {
      takeAway(path)
      continue
    }
    if (Date.now() > deadline)
      throw new Error(`Still locked by ${path}. If no other run is under way, remove the file.`)
    if (!told) onWait(holderOf(path) ?? "unknown")
    told = true
    await sleep(pollMs)
  }
}

const tryCreate = (path) => {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" })
    return true
  } catch (cause) {
    if (cause.code === "EEXIST") return false
    throw cause
  }
}

const holderOf = (path) => unlessMissing(() => readFileSync(path, "utf8").trim())

const isStale = (path) => {
  const ageMs = unlessMissing(() => Date.now() - statSync(path).mtimeMs)
  if (ageMs === undefined) return false
  if (ageMs > staleMs) return true
  const pid = Number(holderOf(path))
  // The id is written just after the file appears: an empty file is a holder between the two, until it grows old.
  return Number.isInteger(pid) && pid > 0 && !isAlive(pid)
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause.code === "EPERM"
  }
}

/** Only the one who makes the folder beside it may remove a stale lock, and looks again first: it may be new by then. */
const takeAway = (path) => {
  const claim = `${path}.takeover`
  try {
    mkdirSync(claim)
  } catch (cause) {
    if (cause.code !== "EEXIST") throw cause
    const ageMs = unlessMissing(() => Date.now() - statSync(claim).mtimeMs)
    if (ageMs !== undefined && ageMs > staleMs) rmSync(claim, { recursive: true, force: true })
    return
  }
  try {
    if (isStale(path)) rmSync(path, { force: true })
  } finally {
    rmdirSync(claim)
  }
}

const unlessMissing = (read) => {
  try {
    return read()
  } catch (cause) {
    if (cause.code === "ENOENT") return undefined
    throw cause
  }
}
