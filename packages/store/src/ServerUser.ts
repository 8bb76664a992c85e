/**
 * The operating-system user Postgres runs as: ourselves, or, since Postgres refuses to run as root, the system user
 * `postgres` (made when it does not exist), and `nobody` where no user can be made.
 */
import { spawnSync } from "node:child_process"
import { accessSync, constants, readFileSync } from "node:fs"

/** `ids` is undefined when Postgres runs as the user of this process. */
export interface ServerUser {
  readonly name: string
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
}

const lookUp = (name: string): ServerUser | undefined => {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(":") ?? []
  return uid === undefined || gid === undefined ? undefined : { name, ids: { uid: Number(uid), gid: Number(gid) } }
}

/** Finds or makes the user. Throws only when root has no other user to give way to. */
export const serverUser = (): ServerUser => {
  if (process.getuid?.() !== 0) return { name: "self", ids: undefined }
  const existing = lookUp("postgres")
  if (existing !== undefined) return existing
  spawnSync("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/bin/false", "postgres"], {
    stdio: "ignore"
  })
  const made = lookUp("postgres") ?? lookUp("nobody")
  if (made === undefined) {
    throw new Error("Postgres does not run as root, and neither a postgres nor a nobody user exists or could be made")
  }
  return made
}

/** Whether the user may execute the program, or enter and read the folder, at `path`. Asked of the kernel, not of mode bits. */
export const canReach = (user: ServerUser, path: string): boolean => {
  if (user.ids === undefined) {
    try {
      accessSync(path, constants.X_OK | constants.R_OK)
      return true
    } catch {
      return false
    }
  }
  const asked = spawnSync("/bin/sh", ["-c", 'test -x "$1" && test -r "$1"', "sh", path], {
    ...user.ids,
    cwd: "/",
    stdio: "ignore"
  })
  return asked.status === 0
}
