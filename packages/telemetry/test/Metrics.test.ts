import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { assert, describe, it } from "@effect/vitest"
import * as Metrics from "../src/Metrics.ts"

interface Family {
  readonly type: string
  help: string
  readonly samples: Array<{ name: string; labels: Map<string, string>; value: number }>
}

const labelsOf = (text: string): Map<string, string> => {
  const labels = new Map<string, string>()
  let rest = text
  while (rest !== "") {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/.exec(rest)
    if (match === null) throw new Error(`bad labels: ${rest}`)
    const [all, key = "", value = ""] = match
    if (labels.has(key)) throw new Error(`label ${key} twice`)
    labels.set(key, value)
    rest = rest.slice(all.length)
  }
  return labels
}

/** Reads the text format strictly, as promtool does: every sample under its own TYPE, each family in one piece. */
const parse = (text: string): Map<string, Family> => {
  assert.isTrue(text.endsWith("\n"))
  const families = new Map<string, Family>()
  let current: [string, Family] | undefined
  let help: [string, string] | undefined
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment
      if (kind === "HELP") {
        help = [name, rest]
        continue
      }
      if (families.has(name)) throw new Error(`family ${name} twice`)
      if (!["counter", "gauge", "histogram"].includes(rest)) throw new Error(`type ${rest}`)
      if (help?.[0] !== name) throw new Error(`${name} has no HELP`)
      current = [name, { type: rest, help: help[1], samples: [] }]
      families.set(...current)
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (sample === null || current === undefined) throw new Error(`bad line: ${line}`)
    const [, name = "", labels = "", value = ""] = sample
    const [family, { type, samples }] = current
    const allowed = type === "histogram" ? [`${family}_bucket`, `${family}_sum`, `${family}_count`] : [family]
    if (!allowed.includes(name)) throw new Error(`${name} under ${family}`)
    const number = value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value)
    if (Number.isNaN(number) && value !== "NaN") throw new Error(`bad value: ${line}`)
    samples.push({ name, labels: labelsOf(labels), value: number })
  }
  return families
}

const checkHistogram = (family: Family): void => {
  const buckets = family.samples.filter((sample) => sample.name.endsWith("_bucket"))
  const count = family.samples.find((sample) => sample.name.endsWith("_count"))?.value
  const bounds = buckets.map(({ labels }) => (labels.get("le") === "+Inf" ? Infinity : Number(labels.get("le"))))
  assert.deepStrictEqual(
    bounds,
    bounds.toSorted((a, b) => a - b)
  )
  assert.strictEqual(bounds.at(-1), Infinity)
  const values = buckets.map(({ value }) => value)
  assert.deepStrictEqual(
    values,
    values.toSorted((a, b) => a - b)
  )
  assert.strictEqual(values.at(-1), count)
}

const all: ReadonlyArray<Metric.Metric<number, unknown>> = Object.values(Metrics)

const page = () =>
  Effect.gen(function* () {
    for (const metric of all) {
      for (const value of [0.000_3, 0.2]) {
        yield* Metric.update(Metric.withAttributes(metric, { account: 'a "b" \\ c\nd' }), value)
      }
    }
    return yield* PrometheusMetrics.format()
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

describe("metrics", () => {
  it.effect("are written as Prometheus reads them: HELP, TYPE, escaped labels, cumulative buckets", () =>
    Effect.gen(function* () {
      const families = parse(yield* page())
      assert.strictEqual(families.size, all.length)
      for (const [name, family] of families) {
        assert.isAbove(family.samples.length, 0, name)
        if (family.type === "histogram") checkHistogram(family)
        for (const { labels } of family.samples) assert.strictEqual(labels.get("account"), 'a \\"b\\" \\\\ c\\nd')
      }
    })
  )

  it.effect("count what was observed in the right bucket", () =>
    Effect.gen(function* () {
      const family = parse(yield* page()).get("outcry_journal_append_seconds")
      const bucket = (le: string) => family?.samples.find(({ labels }) => labels.get("le") === le)?.value
      assert.deepStrictEqual(
        [bucket("0.00025"), bucket("0.0005"), bucket("0.1"), bucket("0.25"), bucket("+Inf")],
        [0, 1, 1, 2, 2]
      )
    })
  )

  it("are named by the conventions: prefix, _total on counters alone, base units", () => {
    assert.strictEqual(new Set(all.map((metric) => metric.id)).size, all.length)
    for (const metric of all) {
      assert.match(metric.id, /^outcry_[a-z][a-z0-9_]*$/)
      assert.strictEqual(metric.id.endsWith("_total"), metric.type === "Counter", metric.id)
      assert.notMatch(metric.id, /_(ms|millis|us|micros|percent|minutes|kb|mb)(_|$)/)
      assert.match(metric.description ?? "", /^[A-Z0-9].*\.$/)
      assert.isUndefined(metric.attributes)
    }
  })

  it("the reader of these tests refuses what promtool refuses", () => {
    for (const bad of [
      "a 1\n",
      "# TYPE a counter\na 1\n",
      "# HELP a x\n# TYPE a counter\nb 1\n",
      '# HELP a x\n# TYPE a counter\na{b="1" 1\n',
      '# HELP a x\n# TYPE a counter\na{b="1",b="2"} 1\n',
      "# HELP a x\n# TYPE a counter\na x\n"
    ]) {
      assert.throws(() => parse(bad))
    }
  })
})
