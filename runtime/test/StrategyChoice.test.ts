import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { chooseStrategies } from "../src/floor/StrategyChoice.ts"
import { Outcry } from "./Outcry.ts"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const choose = (options: { strategy?: ReadonlyArray<string>; param?: ReadonlyArray<string>; only?: boolean }) =>
  Effect.runPromise(chooseStrategies({ strategy: [], param: [], only: false, ...options }))

/** A strategy outside the project, as a user writes one. */
const ownStrategy = (): string => {
  const file = join(outcry.folder, "mine.ts")
  writeFileSync(
    file,
    `import { defineStrategy } from "@outcry/model/Strategy"
     import { Schema } from "effect"
     export default defineStrategy({
       name: "mine", version: 1,
       parameters: Schema.Struct({
         quantity: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("1"))),
         window: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(5)))
       }),
       state: Schema.Struct({}),
       feeds: () => [{ instrument: "sim:BTC/USDT", quotes: true }],
       initial: () => ({})
     })`.replace("import { Schema }", "import { Effect, Schema }")
  )
  return file
}

it("runs the examples, each bound to its account", async () => {
  const chosen = await choose({})
  expect(chosen.map(({ config }) => [config.name, config.account])).toEqual([
    ["moving-average-cross", "paper-1"],
    ["market-maker", "paper-2"],
    ["pairs-spread", "paper-1"]
  ])
})

it("runs a module from anywhere, alone where it is asked to", async () => {
  const file = ownStrategy()
  const [only, ...others] = await choose({ strategy: [file], only: true })
  expect(others).toEqual([])
  expect(only).toMatchObject({
    config: { name: "mine", module: file, account: "paper-1" },
    instruments: ["sim:BTC/USDT"]
  })
})

it("takes what was typed as the number or the text that the parameter's schema wants", async () => {
  const [only] = await choose({ strategy: [ownStrategy()], param: ["quantity=0.01", "window=7"], only: true })
  expect(only?.config.parameters).toEqual({ quantity: "0.01", window: 7 })
})

it("sets parameters of any strategy by its name, and in JSON behind the file", async () => {
  const chosen = await choose({ strategy: [`${ownStrategy()}:{"window":9}`], param: ["market-maker.quantity=0.2"] })
  const parametersOf = (name: string) => chosen.find(({ config }) => config.name === name)?.config.parameters
  expect(parametersOf("mine")).toEqual({ window: 9 })
  expect(parametersOf("market-maker")).toEqual({ quantity: "0.2" })
})

it("runs a declared signal, and refuses bars that no feed makes instead of waiting for them", async () => {
  const file = join(import.meta.dirname, "../../examples/declared/channel-reversal.yaml")
  const [only] = await choose({ strategy: [file], param: ["barSeconds=60", "size=0.02"], only: true })
  expect(only?.config).toMatchObject({ name: "channel-reversal", parameters: { barSeconds: 60, size: "0.02" } })
  await expect(choose({ strategy: [file], param: ["barSeconds=300"], only: true })).rejects.toMatchObject({
    message: expect.stringMatching(/channel-reversal asks for bars of 300 s, which feeds do not make/) as unknown
  })
})

it("gives the same module twice a name of its own", async () => {
  const file = ownStrategy()
  const chosen = await choose({ strategy: [file, file], only: true })
  expect(chosen.map(({ config }) => config.name)).toEqual(["mine", "mine-2"])
})

it("runs an execution algorithm by its name, with parameters as in an address", async () => {
  const query = "instrument=sim:BTC/USDT&side=buy&quantity=0.5&durationSec=60"
  const [only] = await choose({ strategy: [`algorithm:twap@morning?${query}`], only: true })
  expect(only).toMatchObject({
    named: true,
    instruments: ["sim:BTC/USDT"],
    config: {
      name: "morning",
      account: "paper-1",
      parameters: { instrument: "sim:BTC/USDT", side: "buy", quantity: "0.5", durationSec: 60 }
    }
  })
  expect(only?.config.module).toMatch(/algorithms\/src\/Twap\.ts$/)
})

it("names the algorithms there are, and the parameter of one that is wrong", async () => {
  await expect(choose({ strategy: ["algorithm:moon"] })).rejects.toMatchObject({
    kind: "UnknownStrategy",
    remedy: expect.stringContaining("twap")
  })
  await expect(
    choose({ strategy: ["algorithm:twap?instrument=sim:BTC/USDT&side=up&quantity=1"] })
  ).rejects.toMatchObject({ kind: "InvalidParameters", reason: expect.stringContaining("side") })
})
