/** Runs vitest on Node 24 and counts what it ran. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./install.mjs"
import { launch } from "./launch.mjs"

const vitest = join(root, "node_modules/vitest/vitest.mjs")
const reporters = ["--reporter=default", `--reporter=${join(root, "scripts/counts-reporter.mjs")}`]

/** Runs vitest with `args`; a run that crashed, or failed outside its tests, counts as a failure. */
export const runSuites = async (args = []) => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-test-"))
  const path = join(folder, "counts.json")
  try {
    const code = await launch([vitest, "run", `--root=${root}`, ...reporters, ...args], { OUTCRY_TEST_COUNTS: path })
    const counts = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { passed: 0, failed: 1, skipped: 0 }
    return { code, ...counts, failed: code !== 0 && counts.failed === 0 ? 1 : counts.failed }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
