import { indicatorNamed } from "@outcry/indicators/Registry"
import { talibTimes } from "./peers/Talib.ts"
import { talibCalls } from "./peers/TalibCalls.ts"
import { walkBars } from "./peers/PeerBars.ts"
const calls = talibCalls.filter((c) => c.indicator !== "sum")
const rows = Number(process.argv[2] ?? 1000)
{
  const bars = walkBars(1, rows)
  const t = talibTimes(bars, calls, rows === 1000 ? 150 : 9, rows === 1000 ? 3 : 1)
  const mine = calls.map((c) => {
    const ind = indicatorNamed(c.indicator)
    const cols = ind.inputs.map((x) => bars[x])
    const k = ind.make(c.parameters)
    const out = ind.outputs.map(() => new Float64Array(rows))
    return () => {
      k.reset()
      k.batch(cols, out)
    }
  })
  const streams = calls.map((c) => {
    const ind = indicatorNamed(c.indicator)
    const [a, b, cc, d, e] = ind.inputs.map((x) => bars[x])
    const k = ind.make(c.parameters)
    return () => {
      k.reset()
      let s = 0
      if (!b) for (let i = 0; i < rows; i++) s += k.update(a![i]!)
      else if (!cc) for (let i = 0; i < rows; i++) s += k.update(a![i]!, b[i]!)
      else if (!d) for (let i = 0; i < rows; i++) s += k.update(a![i]!, b[i]!, cc[i]!)
      else for (let i = 0; i < rows; i++) s += k.update(a![i]!, b[i]!, cc[i]!, d[i]!)
      return s
    }
  })
  const med = (f: () => unknown, n: number) => {
    let best = 1e9
    for (let i = 0; i < n; i++) {
      const b = performance.now()
      f()
      best = Math.min(best, performance.now() - b)
    }
    return best
  }
  const all = () => {
    for (const m of mine) m()
  }
  for (let i = 0; i < 600000 / rows + 3; i++) all()
  const n = rows === 1000 ? 1500 : 9
  const per = mine.map((m) => med(m, n))
  const total = med(all, n)
  const perT = t.calls
  const alls = () => {
    for (const m of streams) m()
  }
  if (process.argv[3]) for (let i = 0; i < 30000 / rows + 2; i++) alls()
  const pers = streams.map((m) => (process.argv[3] ? med(m, n) : 0))
  const again = process.argv[3] ? med(all, n) : 0
  const ta = [...t.passes].sort((a, b) => a - b)[0]! * 1e3
  console.log(
    rows,
    "ours min",
    total.toFixed(3),
    "ms; after streaming",
    again.toFixed(3),
    " sum",
    per.reduce((a, b) => a + b).toFixed(3),
    "talib",
    ta.toFixed(3),
    "stream",
    pers.reduce((a, b) => a + b).toFixed(2)
  )
  console.log(
    calls
      .map((c, i) => ({ c, ns: (per[i]! * 1e6) / rows, ta: (perT[i]! * 1e9) / rows, s: (pers[i]! * 1e6) / rows }))
      .sort((x, y) => y.ns - y.ta - (x.ns - x.ta))
      .map(
        ({ c, ns, ta, s }) =>
          c.function.padEnd(19) +
          ns.toFixed(1).padStart(6) +
          ta.toFixed(1).padStart(6) +
          (ta / ns).toFixed(2).padStart(6) +
          " s " +
          s.toFixed(0)
      )
      .join("\n")
  )
}
