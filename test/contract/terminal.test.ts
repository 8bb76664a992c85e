/** The start command and the terminal it was started from. */
import { LiveFloor } from "@outcry/testkit/LiveFloor"
import { Outcry, until } from "@outcry/testkit/Outcry"
import { afterEach, beforeEach, expect, it } from "vitest"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

it("stops in order when whoever reads its output has gone, as `npm start | head` does", async () => {
  const { running } = await LiveFloor.start(outcry, ["--nodes", "1"])
  expect(outcry.processes()).not.toEqual([])
  running.process.stdout?.destroy()
  running.process.stderr?.destroy()
  await until(
    "the end of the floor",
    () => outcry.isIn("ended") && outcry.processes().length === 0,
    () => outcry.processes().join("\n")
  )
  await running.ended
  expect(running.process.signalCode).toBeNull()
})
