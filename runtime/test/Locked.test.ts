/** A strategy that throws at every event is locked for good: it stays so where it moves, and a run of none other says so. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { Outcry, until } from "./Outcry.ts"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

interface Seen {
  readonly floor: {
    readonly strategies: ReadonlyArray<{ readonly condition: string; readonly node: string; readonly detail: string }>
  }
}

/** Shards that the node behind this gateway owns; NaN while it does not say. */
const shards = async (url: string): Promise<number> => {
  const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(500) }).catch(() => undefined)
  const text = answer === undefined ? "" : await answer.text()
  return Number(/(\d+) owned/.exec(text)?.[1] ?? NaN)
}

it("keeps a locked strategy locked on the node it moves to, and ends with 3", async () => {
  const file = join(outcry.folder, "thrower.ts")
  writeFileSync(
    file,
    `import { defineStrategy } from "@outcry/model/Strategy"
     import { Schema } from "effect"
     export default defineStrategy({
       name: "thrower", version: 1, parameters: Schema.Struct({}), state: Schema.Struct({}),
       feeds: () => [{ instrument: "sim:BTC/USDT", quotes: true }],
       initial: () => ({}),
       onQuote: () => { throw new Error("no idea") }
     })`
  )
  outcry.seedDatabase()
  const running = outcry.spawn(["start", "--nodes", "2", "--port", "0", "--only", "--strategy", file])
  await until("the floor", () => outcry.isIn("running") || running.process.exitCode !== null, running.stderr)
  const strategy = async () => {
    const { gateways, token } = outcry.runFile()
    for (const { url } of gateways) {
      const answer = await fetch(`${url}/api/v1/status`, { headers: { authorization: `Bearer ${token}` } }).catch(
        () => undefined
      )
      if (answer?.ok === true) return ((await answer.json()) as Seen["floor"]).strategies[0]
    }
    return undefined
  }
  let seen: Awaited<ReturnType<typeof strategy>>
  const isLocked = async () => (seen = await strategy())?.condition === "locked"
  await until("the lock", isLocked, () => JSON.stringify(seen))
  const home = seen!.node
  process.kill(outcry.child(home), "SIGKILL")
  const moved = async () => {
    seen = await strategy()
    return seen !== undefined && seen.node !== home && seen.condition !== "starting"
  }
  await until("the move", moved, () => JSON.stringify(seen))
  // It did not run there once.
  expect(seen).toMatchObject({ condition: "locked", detail: expect.stringContaining("no idea"), errors: 0 })
  await until("the node's return", () => running.stderr().includes(`${home} is back`), running.stderr)
  // The node that came back is given its part, and with it perhaps the strategy: it is locked there, too.
  const urls = outcry.runFile().gateways.map(({ url }) => url)
  const shared = async () => (await Promise.all(urls.map(shards))).every((owned) => owned > 0 && owned < 48)
  await until("both nodes to have their part", shared)
  await until("the lock where it lives now", isLocked, () => JSON.stringify(seen))
  running.process.kill("SIGINT")
  const ended = await running.ended
  expect(ended.stderr).toMatch(/OUTCRY-3008 Every strategy of the run is locked: thrower/)
  expect(ended.code, ended.stdout + ended.stderr).toBe(3)
})

it("ends a node that was frozen past its locks in order, as any other", async () => {
  outcry.seedDatabase()
  const running = outcry.spawn(["start", "--nodes", "2", "--port", "0"])
  await until("the floor", () => outcry.isIn("running") || running.process.exitCode !== null, running.stderr)
  const node = outcry.child("node-2")
  const [first, second] = outcry.runFile().gateways
  process.kill(node, "SIGSTOP")
  await until("the other node to own everything", async () => (await shards(first!.url)) === 48)
  process.kill(node, "SIGCONT")
  // It notices that it lost them, joins again and is given its part.
  await until("its part", async () => (await shards(second!.url)) > 0 && (await shards(first!.url)) < 48)
  process.kill(node, "SIGTERM")
  await until("its end", () => /node-2 ended with \d+/.test(running.stderr()), running.stderr)
  expect(running.stderr()).toContain("node-2 ended with 0")
  await until("its return", () => running.stderr().includes("node-2 is back"), running.stderr)
  running.process.kill("SIGTERM")
  const ended = await running.ended
  expect(ended.code, ended.stdout + ended.stderr).toBe(0)
  const log = readFileSync(join(outcry.data, "runs", outcry.runFile().runId, "logs", "node-1.jsonl"), "utf8")
  expect(log).toContain("its shards move")
})
