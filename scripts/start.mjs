/** `npm start -- ARGS`: the whole floor. */
import { join } from "node:path"
import { root } from "./install.mjs"
import { run } from "./program.mjs"

await run([join(root, "runtime/src/main.ts"), "start", ...process.argv.slice(2)])
