/**
 * The folder of an embedded Postgres: `password` (0600), `owner.json` (the process that uses it), `postgres.log`, and
 * `pgdata`, the cluster itself. As root, when the server's user cannot reach the folder, `pgdata` lives under
 * /var/lib/outcry instead and `location` names that place. A folder has one owner at a time.
 */
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DataDirUnusable } from "./PostgresError.ts"
import { processBirth } from "./PostmasterFile.ts"
import { canReach, type ServerUser } from "./ServerUser.ts"

export interface PostgresFolder {
  readonly directory: string
  readonly pgdata: string
  readonly logFile: string
  readonly password: string
}

/** Where root puts a cluster whose folder the server's user cannot reach. */
const reachableHome = "/var/lib/outcry"

const unusable = (path: string, reason: string, remedy: string) => new DataDirUnusable({ path, reason, remedy })

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const makeDirectory = (directory: string) =>
  Effect.try({
    try: () => {
      mkdirSync(directory, { recursive: true, mode: 0o755 })
      // Proves that we may write here, before anything else relies on it.
      const probe = join(directory, `.probe-${randomBytes(4).toString("hex")}`)
      writeFileSync(probe, "")
      rmSync(probe)
      return realpathSync(directory)
    },
    catch: (cause) =>
      unusable(directory, reasonOf(cause), "Choose another folder with --data, or make this one writable.")
  })

interface Owner {
  readonly pid: number
  readonly birth: string | undefined
}

const readOwner = (file: string): Owner | undefined => {
  try {
    const owner: Owner = JSON.parse(readFileSync(file, "utf8"))
    return owner
  } catch {
    return undefined
  }
}

const writeNew = (file: string, text: string): boolean => {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 })
    return true
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false
    throw cause
  }
}

/** Takes the folder for this process until the scope closes; refused while another live process has it. */
const own = (directory: string) =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const file = join(directory, "owner.json")
      const mine: Owner = { pid: process.pid, birth: processBirth(process.pid) }
      for (let attempt = 0; attempt < 3; attempt++) {
        if (writeNew(file, JSON.stringify(mine))) return Effect.succeed(file)
        const other = readOwner(file)
        if (other !== undefined) {
          const birth = processBirth(other.pid)
          if (birth !== undefined && birth === other.birth) {
            return Effect.fail(
              unusable(
                directory,
                `process ${other.pid} is using it`,
                "Stop that one first, or choose another folder with --data."
              )
            )
          }
        }
        // The owner is dead. Renamed before it is removed, so that of two starts only one takes the dead one's place.
        const grave = `${file}.${randomBytes(4).toString("hex")}`
        try {
          renameSync(file, grave)
          rmSync(grave, { force: true })
        } catch {
          // The other start was quicker; the next turn sees its file.
        }
      }
      return Effect.fail(
        unusable(directory, "another start is taking it at this moment", "Try again in a few seconds.")
      )
    }),
    (file) => Effect.sync(() => rmSync(file, { force: true }))
  )

/** Where the cluster's files are: inside the folder, or elsewhere when the server's user cannot get there. */
const placePgdata = (directory: string, user: ServerUser) =>
  Effect.try({
    try: () => {
      const pointer = join(directory, "location")
      if (existsSync(pointer)) return readFileSync(pointer, "utf8").trim()
      if (user.ids === undefined || existsSync(join(directory, "pgdata")) || canReach(user, directory))
        return join(directory, "pgdata")
      // A new name each time: what a removed folder left behind is never taken for this one's.
      const place = join(reachableHome, randomBytes(8).toString("hex"))
      mkdirSync(place, { recursive: true, mode: 0o755 })
      const pgdata = join(place, "pgdata")
      writeFileSync(pointer, `${pgdata}\n`)
      return pgdata
    },
    catch: (cause) =>
      unusable(directory, reasonOf(cause), "Choose a folder with --data that the postgres user can reach.")
  })

const readPassword = (directory: string, initialised: boolean) =>
  Effect.suspend(() => {
    const file = join(directory, "password")
    if (existsSync(file)) {
      chmodSync(file, 0o600)
      return Effect.succeed(readFileSync(file, "utf8").trim())
    }
    if (initialised) {
      return Effect.fail(
        unusable(
          directory,
          "its password file is missing while its database exists",
          `Put the password back into ${file}, or remove the whole folder to begin anew.`
        )
      )
    }
    const password = randomBytes(24).toString("base64url")
    writeFileSync(file, `${password}\n`, { mode: 0o600 })
    return Effect.succeed(password)
  })

const checkVersion = (pgdata: string, major: string) =>
  Effect.suspend(() => {
    const file = join(pgdata, "PG_VERSION")
    const found = existsSync(file) ? readFileSync(file, "utf8").trim() : "no version"
    return found === major
      ? Effect.void
      : Effect.fail(
          unusable(
            pgdata,
            `it holds ${found} where Postgres ${major} is needed`,
            "Dump it with its own version and restore, or choose another folder with --data."
          )
        )
  })

/**
 * Opens the folder for this process: takes ownership, finds `pgdata`, makes or reads the password. `initialise` runs
 * initdb into an empty draft folder which is renamed into place when it has succeeded, so that a crash in the middle
 * leaves only a draft, and drafts are removed here.
 */
export const openPostgresFolder = Effect.fn("PostgresFolder.open")(function* <E>(options: {
  readonly dataDir: string
  readonly user: ServerUser
  readonly major: string
  readonly initialise: (draft: string, password: string) => Effect.Effect<void, E>
}) {
  const directory = yield* makeDirectory(resolve(options.dataDir))
  yield* own(directory)
  const pgdata = yield* placePgdata(directory, options.user)
  const home = dirname(pgdata)
  if (existsSync(home)) {
    for (const name of readdirSync(home)) {
      if (name.startsWith("draft-")) rmSync(join(home, name), { recursive: true, force: true })
    }
  }
  const initialised = existsSync(pgdata)
  const password = yield* readPassword(directory, initialised)
  if (!initialised) {
    const draft = join(home, `draft-${randomBytes(6).toString("hex")}`)
    yield* Effect.try({
      try: () => {
        mkdirSync(draft, { recursive: true, mode: 0o700 })
        if (options.user.ids !== undefined) chownSync(draft, options.user.ids.uid, options.user.ids.gid)
      },
      catch: (cause) => unusable(home, reasonOf(cause), "Choose another folder with --data.")
    })
    yield* options
      .initialise(draft, password)
      .pipe(Effect.onError(() => Effect.sync(() => rmSync(draft, { recursive: true, force: true, maxRetries: 5 }))))
    renameSync(draft, join(home, basename(pgdata)))
  }
  yield* checkVersion(pgdata, options.major)
  const folder: PostgresFolder = { directory, pgdata, logFile: join(directory, "postgres.log"), password }
  return folder
})
