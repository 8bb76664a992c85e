/**
 * Four kinds of suites. `pure` starts no server and no database; `real` starts Postgres, exchanges, nodes and a browser
 * of its own; both run two files at a time. `faults` kills nodes, one file at a time. `simulation`, last, reports the seeds that have
 * been simulated since the start of the run on what the others left of the cores. The files of `pure` and `real` share
 * their processes, which load what they import once. Nothing is retried: a flaky test is a defect.
 */
import { configDefaults, defineConfig } from "vitest/config"

const pure = [
  "packages/{model,matching,indicators,signals,analytics,backtest,algorithms}/test/**/!(*.browser).test.ts",
  "actors/*/test/State*.test.ts",
  "test/tidy/**/*.test.ts"
]
const faults = ["test/faults/**/*.test.ts"]
const simulation = ["test/simulation/**/*.test.ts"]
const all = [
  "packages/*/test/**/*.test.ts",
  "actors/*/test/**/*.test.ts",
  "runtime/test/**/*.test.ts",
  "examples/**/*.test.ts",
  "test/**/*.test.ts"
]

const processes = {
  pool: "forks",
  // For a test that hangs: a machine at work on much else makes none of them fail.
  testTimeout: 180_000,
  hookTimeout: 120_000,
  teardownTimeout: 30_000
} as const

export default defineConfig({
  test: {
    globals: false,
    retry: 0,
    // Written nowhere: a clone that another user installed can be tested without permission to change it.
    cache: false,
    projects: [
      {
        test: {
          name: "pure",
          include: pure,
          pool: "forks",
          isolate: false,
          maxWorkers: 2,
          testTimeout: 180_000,
          sequence: { groupOrder: 0 }
        }
      },
      {
        test: {
          name: "real",
          include: all,
          exclude: [...configDefaults.exclude, ...pure, ...faults, ...simulation],
          globalSetup: ["packages/testkit/src/PostgresTemplate.ts"],
          ...processes,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 }
        }
      },
      {
        test: {
          name: "simulation",
          include: simulation,
          ...processes,
          fileParallelism: false,
          globalSetup: ["test/simulation/Setup.ts"],
          testTimeout: 900_000,
          sequence: { groupOrder: 3 }
        }
      },
      {
        test: {
          name: "faults",
          include: faults,
          ...processes,
          fileParallelism: false,
          testTimeout: 300_000,
          sequence: { groupOrder: 2 }
        }
      }
    ]
  }
})
