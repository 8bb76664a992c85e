/** Modules of strategies: what loads, from where, and what each wrong one is told. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as StrategyModules from "../src/cluster/StrategyModules.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "outcry-modules-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const written = Effect.fnUntraced(function* (name: string, text: string) {
  const path = join(yield* folder, name)
  writeFileSync(path, text)
  return path
})

const complaint = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => (Exit.isFailure(exit) ? String(exit.cause) : "no complaint"))

const good = `
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"
export default defineStrategy({
  name: "outside", version: 1,
  parameters: Schema.Struct({ instrument: Parameter.instrument("sim:BTC/USDT"), size: Parameter.integer(3, { min: 1, max: 9 }) }),
  state: Schema.Struct({}), initial: () => ({}),
  feeds: ({ instrument }) => [{ instrument, quotes: true }]
})`

describe("modules of strategies", () => {
  it.effect("name the field that a parameter got wrong, and the instruments it wants otherwise", () =>
    Effect.gen(function* () {
      const path = fileURLToPath(new URL("../../examples/01-moving-average-cross.ts", import.meta.url))
      const definition = yield* StrategyModules.load(path)
      assert.deepStrictEqual(yield* StrategyModules.checkParameters(path, definition, {}), ["sim:BTC/USDT"])
      const wrong = yield* complaint(StrategyModules.checkParameters(path, definition, { fast: 0 }))
      assert.match(wrong, /fast/)
      assert.include(wrong, "--param name=value")
    })
  )

  it.effect("that are missing, broken or something else are refused with the remedy", () =>
    Effect.gen(function* () {
      assert.match(yield* complaint(StrategyModules.load("/nowhere/s.ts")), /no such file.*Give the path/s)
      const nothing = yield* written("nothing.mjs", "export const strategy = 1\n")
      assert.match(yield* complaint(StrategyModules.load(nothing)), /default export is no strategy.*defineStrategy/s)
      const broken = yield* written("broken.mjs", "export default {{\n")
      assert.match(yield* complaint(StrategyModules.load(broken)), /cannot be loaded.*Correct the module/s)
    })
  )

  it.effect("may be documents that declare a signal, and are told each fault with its line and remedy", () =>
    Effect.gen(function* () {
      const path = fileURLToPath(new URL("../../examples/declared/channel-reversal.yaml", import.meta.url))
      const definition = yield* StrategyModules.load(path)
      assert.strictEqual(definition.name, "channel-reversal")
      assert.deepStrictEqual(yield* StrategyModules.checkParameters(path, definition, {}), ["sim:BTC/USDT"])
      assert.match(yield* complaint(StrategyModules.checkParameters(path, definition, { period: 1 })), /period/)
      const wrong = readFileSync(path, "utf8")
        .replace("close < lower", "close < lowr")
        .replace("version: 1", "version: 0")
      const shape = yield* complaint(StrategyModules.load(yield* written("shape.yaml", wrong)))
      assert.match(
        shape,
        /declares no signal: version \(line 7\): is 0. Give a whole number from 1.*Correct the document/
      )
      const meaning = yield* complaint(
        StrategyModules.load(yield* written("meaning.yml", wrong.replace("version: 0", "version: 1")))
      )
      assert.match(meaning, /rules.long.enter \(line \d+\): there is no "lowr".*Use one of upper/)
      assert.match(
        yield* complaint(StrategyModules.load(yield* written("s.json", "{}"))),
        /format \(line 1\): is missing/
      )
    })
  )

  it.effect("may lie outside this project and import what those inside do", () =>
    Effect.gen(function* () {
      const path = yield* written("outside.ts", good)
      // In a process of its own, as a node is: the test runner resolves modules in its own way.
      const program = `
        import { Effect } from "effect"
        import * as StrategyModules from ${JSON.stringify(new URL("../src/cluster/StrategyModules.ts", import.meta.url).href)}
        const path = ${JSON.stringify(path)}
        const definition = await Effect.runPromise(StrategyModules.load(path))
        console.log(definition.name, await Effect.runPromise(StrategyModules.checkParameters(path, definition, {})))`
      const cwd = fileURLToPath(new URL("..", import.meta.url))
      const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd,
        encoding: "utf8"
      })
      assert.strictEqual(stdout.trim(), "outside [ 'sim:BTC/USDT' ]", stderr)
    })
  )
})
