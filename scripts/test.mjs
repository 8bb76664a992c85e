/**
 * `npm test`: installs, then runs every gate and every test, and ends with one line: `N passed, N failed`.
 *
 * Arguments go to vitest (`npm test -- packages/model` runs the gates and that folder's tests). `--check` keeps to
 * the gates and the tests without processes or databases: the everyday command, under a minute.
 */
import { runGates } from "./gates.mjs"
import { program } from "./program.mjs"
import { runSuites } from "./suites.mjs"

const given = process.argv.slice(2)
const quick = given.includes("--check")
const vitestArgs = [...(quick ? ["--project=pure"] : []), ...given.filter((argument) => argument !== "--check")]

await program(async () => {
  const gates = await runGates()
  const suites = await runSuites(vitestArgs)
  const failed = gates.failed + suites.failed
  const skipped = suites.skipped === 0 ? "" : `, ${suites.skipped} skipped`
  console.log(`${gates.passed + suites.passed} passed, ${failed} failed${skipped}`)
  return suites.code !== 0 ? suites.code : failed === 0 ? 0 : 1
})
