#!/usr/bin/env node
/** The `outcry` command. */
import { join } from "node:path"
import { root } from "../scripts/install.mjs"
import { run } from "../scripts/program.mjs"

await run([join(root, "runtime/src/main.ts"), ...process.argv.slice(2)])
