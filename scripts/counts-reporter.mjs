/**
 * A vitest reporter that writes how many tests passed, failed and were skipped as JSON to $OUTCRY_TEST_COUNTS.
 * A file that could not be loaded has no failed test of its own: it counts as one failure, as does each stray error.
 */
import { writeFileSync } from "node:fs"

export default class CountsReporter {
  onTestRunEnd(modules, strayErrors) {
    const counts = { passed: 0, failed: strayErrors.length, skipped: 0 }
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === "passed") counts.passed += 1
        else if (state === "skipped") counts.skipped += 1
        else failedHere += 1
      }
      counts.failed += failedHere === 0 && module.state() === "failed" ? 1 : failedHere
    }
    writeFileSync(process.env.OUTCRY_TEST_COUNTS, JSON.stringify(counts))
  }
}
