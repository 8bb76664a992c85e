/**
 * Constraints as rows over the unknowns of an optimisation: the weights first, then, where turnover or gross exposure is bounded,
 * a size for each weight that is at least its change from the current one, or its own.
 */
import type { LinearRow } from "./ConvexProblem.ts"
import { type PortfolioConstraints, requireConsistent } from "./PortfolioConstraints.ts"
import { type Numbers, refuse, requireFinite, requireSameLength } from "./Series.ts"

export interface Asset {
  readonly id: string
  readonly sector?: string
}

export interface WeightSpace {
  readonly assets: number
  /** Unknowns: weights and sizes. */
  readonly size: number
  readonly equalities: ReadonlyArray<LinearRow>
  readonly inequalities: ReadonlyArray<LinearRow>
}

interface Rows {
  readonly equalities: Array<LinearRow>
  readonly inequalities: Array<LinearRow>
}

/** `min` ≤ Σ of those weights ≤ `max`: one equation where the two are one. */
const between = (
  rows: Rows,
  name: string,
  indices: ReadonlyArray<number>,
  min: number | undefined,
  max: number | undefined
): void => {
  const ones = indices.map(() => 1)
  if (min !== undefined && min === max) {
    rows.equalities.push({ name: `${name} = ${min}`, indices, values: ones, bound: min })
    return
  }
  if (max !== undefined) rows.inequalities.push({ name: `${name} ≤ ${max}`, indices, values: ones, bound: max })
  if (min !== undefined)
    rows.inequalities.push({ name: `${name} ≥ ${min}`, indices, values: ones.map((one) => -one), bound: -min })
}

/** Σ |wᵢ − fromᵢ| ≤ most, by a size above each change; the sizes are the unknowns from `at` on. */
const sizes = (rows: Rows, name: string, at: number, from: Numbers, most: number): void => {
  const count = from.length
  for (let asset = 0; asset < count; asset++) {
    const indices = [asset, at + asset]
    rows.inequalities.push({ name, indices, values: [1, -1], bound: from[asset]! })
    rows.inequalities.push({ name, indices, values: [-1, -1], bound: -from[asset]! })
  }
  const indices = Array.from({ length: count }, (_, asset) => at + asset)
  rows.inequalities.push({ name, indices, values: indices.map(() => 1), bound: most })
}

const requireNames = (
  field: string,
  named: Readonly<Record<string, unknown>> | undefined,
  known: ReadonlySet<string | undefined>
): void => {
  for (const name of Object.keys(named ?? {}))
    if (!known.has(name))
      refuse(
        `${field}.${name}`,
        "is not in the portfolio",
        `Name one of ${[...known].filter(Boolean).join(", ") || "none"}`
      )
}

/** `current`: weights that turnover is counted from; needed where that is bounded. */
export const weightSpace = (
  assets: ReadonlyArray<Asset>,
  constraints: PortfolioConstraints,
  current?: Numbers
): WeightSpace => {
  requireConsistent(constraints)
  if (assets.length === 0) refuse("assets", "is empty", "Give at least one")
  const known = new Set(assets.map(({ id }) => id))
  if (known.size < assets.length) refuse("assets", "names an asset twice", "Name each once")
  requireNames("constraints.assets", constraints.assets, known)
  requireNames("constraints.sectors", constraints.sectors, new Set(assets.map(({ sector }) => sector)))
  const { grossMax, netMax = 1, netMin = 1, turnoverMax, weightMax = 1, weightMin = 0 } = constraints
  const rows: Rows = { equalities: [], inequalities: [] }
  const all = assets.map((_, at) => at)
  let short = false
  for (const [at, { id }] of assets.entries()) {
    const { max = weightMax, min = weightMin } = constraints.assets?.[id] ?? {}
    if (min < 0) short = true
    between(rows, `weight of ${id}`, [at], min, max)
  }
  for (const [sector, { max, min }] of Object.entries(constraints.sectors ?? {}))
    between(
      rows,
      `sector ${sector}`,
      all.filter((at) => assets[at]!.sector === sector),
      min,
      max
    )
  between(rows, "net", all, netMin, netMax)
  let size = assets.length
  if (turnoverMax !== undefined) {
    if (current === undefined) return refuse("current", "is missing", "Give the weights that turnover is counted from")
    requireFinite("current", current)
    requireSameLength("current", current, "assets", assets.length)
    sizes(rows, `turnover ≤ ${turnoverMax}`, size, current, turnoverMax)
    size += assets.length
  }
  if (grossMax !== undefined && !short) between(rows, "gross", all, undefined, grossMax)
  else if (grossMax !== undefined) {
    sizes(rows, `gross ≤ ${grossMax}`, size, new Float64Array(assets.length), grossMax)
    size += assets.length
  }
  return { assets: assets.length, size, ...rows }
}
