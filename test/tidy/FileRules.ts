/** Sizes and names of files. */
import type { Rule } from "./Rule.ts"
import { type File, isSource, isTest } from "./Tree.ts"

const linesMax = 400
const medianLinesMax = 150

const lineCount = (file: File): number => file.text.replace(/\n$/, "").split("\n").length

const longest: Rule = {
  name: `no file is longer than ${linesMax} lines`,
  check: (tree) =>
    tree
      .filter((file) => isSource(file) || file.path.endsWith(".mjs"))
      .filter((file) => lineCount(file) > linesMax)
      .map((file) => ({
        path: file.path,
        line: linesMax + 1,
        message: `${lineCount(file)} lines: split it by noun, at most ${linesMax}.`
      }))
}

const median: Rule = {
  name: `the median source file has at most ${medianLinesMax} lines`,
  check: (tree) => {
    const counts = tree
      .filter((file) => isSource(file) && !isTest(file.path))
      .map(lineCount)
      .toSorted((left, right) => left - right)
    const middle = counts[Math.floor(counts.length / 2)] ?? 0
    if (middle <= medianLinesMax) return []
    return [{ path: ".", line: 1, message: `the median is ${middle} lines: split the longest files by noun.` }]
  }
}

const vague = /(?:^|\/)(?:utils?|common|helpers?|misc)(?:\/|\.[a-z.]+$)/i

const names: Rule = {
  name: "files are named after a noun of the field",
  check: (tree) =>
    tree
      .filter((file) => vague.test(file.path))
      .map((file) => ({
        path: file.path,
        line: 1,
        message: "name the file after the noun it exports; utils, common, helpers and misc say nothing."
      }))
}

export const fileRules: ReadonlyArray<Rule> = [longest, median, names]
