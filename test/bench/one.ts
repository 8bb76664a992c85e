import { indicatorNamed } from "@outcry/indicators/Registry"
import { walkBars } from "./peers/PeerBars.ts"
const bars = walkBars(1, 1000)
const names = (process.argv[2] ?? "sma").split(",")
const warm = (process.argv[3] ?? "").split(",").filter(Boolean)
const mk = (n: string) => {
  const ind = indicatorNamed(n)
  const cols = ind.inputs.map((x) => bars[x])
  const k = ind.make("period" in ind.parameters ? { period: 14 } : {})
  const out = ind.outputs.map(() => new Float64Array(1000))
  return () => {
    k.reset()
    k.batch(cols, out)
  }
}
const w = warm.map(mk)
for (let i = 0; i < 2000; i++) for (const f of w) f()
for (const n of names) {
  const f = mk(n)
  let best = 1e9
  for (let i = 0; i < 5000; i++) {
    const b = performance.now()
    f()
    best = Math.min(best, performance.now() - b)
  }
  console.log(n, (best * 1e3).toFixed(2), "ns/bar")
}
