/** What stands between npm, the terminal and the program: scripts/launch.mjs and scripts/lifeline.mjs. */
import { pathToFileURL } from "node:url"
import { join } from "node:path"
import { expect, it } from "vitest"
import { NodeProcess, folderWith, root } from "./House.ts"

const launcher = `
import { launch } from ${JSON.stringify(pathToFileURL(join(root, "scripts/launch.mjs")).href)}
process.exitCode = await launch(process.argv.slice(2))
`

/** Says what reaches it; ends on SIGTERM, with code 7, after a shutdown that takes several turns of the event loop. */
const program = `
process.on("SIGINT", () => console.log("got SIGINT"))
process.on("SIGTERM", () => {
  console.log("got SIGTERM")
  setTimeout(() => { console.log("closed all"); process.exit(7) }, 50)
})
setInterval(() => {}, 1000)
console.log("ready " + process.pid + " node " + process.versions.node + " lifeline " + process.env.OUTCRY_LIFELINE_FD)
`

const start = (text: string): NodeProcess => {
  const folder = folderWith({ "launcher.mjs": launcher, "program.mjs": text })
  return new NodeProcess(["launcher.mjs", "program.mjs"], folder)
}

it("runs the program on the Node that the packages bring and exits with its code", async () => {
  const { code, output } = await start(`console.log("v" + process.versions.node); process.exitCode = 42`).ended
  expect(code).toBe(42)
  expect(output).toMatch(/^v24\./)
})

it("exits with 128 plus the number of the signal that ended the program", async () => {
  const { code } = await start(`process.kill(process.pid, "SIGKILL")`).ended
  expect(code).toBe(137)
})

it("hands on a signal that arrives twice once, and stays until the shutdown is over", async () => {
  const launched = start(program)
  await launched.until(/^ready/)
  launched.child.kill("SIGINT")
  launched.child.kill("SIGINT")
  await launched.until(/got SIGINT/)
  launched.child.kill("SIGTERM")
  const { code, output } = await launched.ended
  expect(code).toBe(7)
  expect(output.match(/got SIG\w+|closed all/g)).toEqual(["got SIGINT", "got SIGTERM", "closed all"])
})

it("stops the program when the launcher is killed outright, and hides how from its children", async () => {
  const launched = start(program)
  const [ready] = await launched.until(/ready.*/)
  launched.child.kill("SIGKILL")
  const { output } = await launched.ended
  expect(output.match(/got SIG\w+|closed all/g)).toEqual(["got SIGTERM", "closed all"])
  expect(ready).toMatch(/lifeline undefined$/)
})
