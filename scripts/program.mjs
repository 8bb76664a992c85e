/** What every script shares: install first, then run; a SetupError is one sentence on stderr and exit code 1. */
import { SetupError, install } from "./install.mjs"
import { launch } from "./launch.mjs"

/** Installs if needed, runs `main`, and ends the process with the code it resolves to. */
export const program = async (main) => {
  try {
    await install()
    process.exitCode = await main()
  } catch (cause) {
    if (!(cause instanceof SetupError)) throw cause
    process.stderr.write(`outcry: ${cause.message}\n`)
    process.exitCode = 1
  }
}

/** Installs if needed, then becomes `node ARGS` on Node 24. */
export const run = (args) => program(() => launch(args))
