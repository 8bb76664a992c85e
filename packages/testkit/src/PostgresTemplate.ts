/**
 * A Postgres that has been initialised once per test run, for every server of the run to begin as a copy of: initdb takes
 * most of a second of processor time, a copy a twentieth of it. Vitest calls `setup` before the first test and `teardown`
 * after the last; without them servers initialise themselves.
 */
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** How the tests' processes learn where it is. */
const variable = "OUTCRY_TEST_POSTGRES"

export const setup = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-template-"))
  chmodSync(folder, 0o755)
  await Effect.runPromise(Effect.scoped(embeddedPostgres({ dataDir: folder })))
  rmSync(join(folder, "postgres.log"))
  process.env[variable] = folder
}

export const teardown = (): void => {
  const folder = process.env[variable]
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}

/** Fills the data folder of a server that has never started; the server's user must be able to reach the folder. */
export const seedPostgres = (dataDir: string): void => {
  const template = process.env[variable]
  if (template === undefined || existsSync(join(dataDir, "password"))) return
  mkdirSync(dataDir, { recursive: true })
  // With its owner: root runs servers as another user.
  execFileSync("cp", ["-a", `${template}/.`, dataDir])
}
