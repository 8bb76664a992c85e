/** The program of the testkit, and what its mistakes must look like on the terminal. */
import type { Result } from "@outcry/testkit/Outcry"
import { expect } from "vitest"

export { Outcry, type Running, until } from "@outcry/testkit/Outcry"

/** One error, with code and remedy, nothing on stdout, no stack. */
export const expectError = (result: Result, code: string, exitCode: number, words: RegExp): void => {
  expect(result.stderr).toContain(`error ${code} `)
  expect(result.stderr).toMatch(words)
  expect(result.stderr).not.toMatch(/^\s+at /m)
  expect(result.stderr.match(/error OUTCRY-/g)).toHaveLength(1)
  expect(result.stdout).toBe("")
  expect(result.code).toBe(exitCode)
}
