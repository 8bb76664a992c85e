/** `node scripts/run.mjs [NODE OPTIONS] FILE ARGS`: a file of the workspace on Node 24, from the caller's folder. */
import { isAbsolute, join } from "node:path"
import { root } from "./install.mjs"
import { run } from "./program.mjs"

const given = process.argv.slice(2)
const at = given.findIndex((argument) => !argument.startsWith("-"))
if (at === -1) {
  process.stderr.write("usage: node scripts/run.mjs [node options] FILE [arguments]\n")
  process.exit(2)
}
const file = isAbsolute(given[at]) ? given[at] : join(root, given[at])
await run([...given.slice(0, at), file, ...given.slice(at + 1)])
