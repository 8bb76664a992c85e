/** Files for tests of research on the command line: bars of a seeded walk, and strategies that do what they should not. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export const header = "time,open,high,low,close,volume"

/** Daily bars from 2020-01-01 on, oldest first. */
export const walk = (bars: number): ReadonlyArray<string> => {
  const random = new SeededRandom(11)
  let price = 100
  return Array.from({ length: bars }, (_, at) => {
    const open = price
    price = Math.max(1, open * Math.exp(random.normal() * 0.02))
    const [high, low] = [Math.max(open, price) + 1, Math.min(open, price) - 0.5]
    const day = new Date(Date.UTC(2020, 0, 1 + at)).toISOString().slice(0, 10)
    return [day, ...[open, high, low, price].map((each) => each.toFixed(2)), "1000000"].join(",")
  })
}

export const written = (folder: string, name: string, text: string): string => {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A strategy whose handler of bars is the text given. */
export const strategyText = (name: string, onBar: string, before = ""): string => `
import { readFileSync } from "node:fs"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Schema } from "effect"
${before}
export default defineStrategy({
  name: "${name}",
  version: 1,
  parameters: Schema.Struct({
    instrument: Parameter.instrument("sim:BTC/USDT"),
    barSeconds: Parameter.integer(1, { min: 1 })
  }),
  state: Schema.Struct({ bars: Schema.Number }),
  feeds: ({ barSeconds, instrument }) => [{ instrument, barSeconds }],
  initial: () => ({ bars: 0 }),
  onBar: (bar, ctx) => {
    const id = ctx.parameters.instrument
    ctx.state.bars += 1
    ${onBar}
  }
})
`

/** Reads the file of its own bars, and buys before a day that will rise. */
export const cheat = (bars: string): string =>
  strategyText(
    "cheat",
    `const rises = rising.get(bar.timeOpen)
    if (rises && ctx.position(id) === 0) ctx.buy(id, { quantity: 10 })
    if (!rises && ctx.position(id) > 0) ctx.sell(id, { quantity: 10 })`,
    `const rows = readFileSync(${JSON.stringify(bars)}, "utf8").trim().split("\\n").slice(1).map((line) => line.split(","))
const rising = new Map(rows.map(([day = "", , , , close], at) =>
  [Date.parse(day) * 1000, Number(rows[at + 1]?.[4] ?? 0) > Number(close)] as const))`
  )
