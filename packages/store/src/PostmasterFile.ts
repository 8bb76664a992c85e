/**
 * Reads `postmaster.pid`, and tells whether the process named there is alive and really serves that data folder. A pid
 * alone proves nothing: it may be a zombie, or another program that got the number later.
 */
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs"
import { spawnSync } from "node:child_process"
import { join } from "node:path"

/** What a postmaster writes of itself; `ready` once it accepts connections, be they to a stand-by. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

const fileIn = (pgdata: string): string => join(pgdata, "postmaster.pid")

/** The postmaster named in the folder's lock file, whether it lives or not. */
export const readPostmaster = (pgdata: string): Postmaster | undefined => {
  try {
    const lines = readFileSync(fileIn(pgdata), "utf8").split("\n")
    const pid = Number(lines[0])
    if (!Number.isInteger(pid) || pid <= 1) return undefined
    return { pid, port: Number(lines[3]), ready: /^(?:ready|standby)$/.test((lines[7] ?? "").trim()) }
  } catch {
    return undefined
  }
}

/** Removes the lock file of a postmaster that is known to be dead. */
export const forgetPostmaster = (pgdata: string): void => rmSync(fileIn(pgdata), { force: true })

/** When the process began, in the kernel's own unit; undefined where that cannot be told or the process is gone. */
export const processBirth = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The command name in parentheses may hold spaces, so fields are counted after its closing one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? undefined : fields[19]
  } catch {
    if (existsSync("/proc/self/stat")) return undefined
    const listed = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim()
    return listed === "" ? undefined : listed
  }
}

export const isAlive = (pid: number): boolean => processBirth(pid) !== undefined

/** Whether the live process is a postmaster of exactly this data folder. */
export const servesFolder = (pid: number, pgdata: string): boolean => {
  if (!isAlive(pid)) return false
  if (existsSync("/proc/self/stat")) {
    try {
      // A postmaster changes into its data folder.
      return (
        readlinkSync(`/proc/${pid}/cwd`) === realpathSync(pgdata) &&
        /postgres/.test(readFileSync(`/proc/${pid}/comm`, "utf8"))
      )
    } catch {
      return false
    }
  }
  const command = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout
  return command.includes("postgres") && command.includes(pgdata)
}
