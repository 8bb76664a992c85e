/**
 * How likely the best of many configurations in one half of history is to be below the median in the other: the probability that
 * choosing it was overfitting. Source: Bailey, Borwein, López de Prado and Zhu, "The Probability of Backtest Overfitting", Journal of
 * Computational Finance 20(4), 2017 (combinatorially symmetric cross-validation).
 */
import { type AssetReturns, requireAssets } from "./Covariance.ts"
import { median } from "./Moments.ts"
import { refuse, requireWhole } from "./Series.ts"

export interface Overfitting {
  /** Splits of the blocks into two halves. */
  readonly splits: number
  /** Share of splits in which the best of one half is in the lower half of the other: 0.5 for choice without skill. */
  readonly probability: number
  /** Median of ln(rank ÷ (1 − rank)) of the chosen in the other half: above 0 is better than the median. */
  readonly logitMedian: number
  /** Share of splits in which the chosen had a Sharpe ratio below 0 in the other half. */
  readonly probabilityOfLoss: number
}

interface Sums {
  readonly count: number
  readonly sum: number
  readonly squares: number
}

/** All ways to choose half of the blocks, as bits; the other half is chosen by another of them. */
const halves = (blocks: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let bits = 0; bits < 2 ** blocks; bits++) {
    let count = 0
    for (let rest = bits; rest !== 0; rest &= rest - 1) count++
    if (count === blocks / 2) found.push(bits)
  }
  return found
}

const blockSums = (series: ArrayLike<number>, blocks: number): ReadonlyArray<Sums> => {
  const length = Math.floor(series.length / blocks)
  return Array.from({ length: blocks }, (_, block) => {
    let sum = 0
    let squares = 0
    for (let at = block * length; at < (block + 1) * length; at++) {
      sum += series[at]!
      squares += series[at]! ** 2
    }
    return { count: length, sum, squares }
  })
}

/** The Sharpe ratio over the chosen blocks; 0 where returns do not vary. */
const sharpeIn = (sums: ReadonlyArray<Sums>, bits: number): number => {
  let count = 0
  let sum = 0
  let squares = 0
  for (const [block, part] of sums.entries()) {
    if ((bits & (1 << block)) === 0) continue
    count += part.count
    sum += part.sum
    squares += part.squares
  }
  const mean = sum / count
  const variance = squares / count - mean * mean
  return variance <= 1e-28 ? 0 : mean / Math.sqrt(variance)
}

/**
 * `returns`: a series for each configuration that was tried, over the same periods. `blocks`: an even number, from 4 to 16; periods
 * that do not fill a block are left out at the end.
 */
export const backtestOverfitting = (returns: AssetReturns, blocks = 10): Overfitting => {
  const periods = requireAssets(returns)
  requireWhole("blocks", blocks, 4, 16)
  if (blocks % 2 === 1) refuse("blocks", `is ${blocks}`, "Give an even number")
  if (periods < blocks * 2)
    refuse("returns", `has ${periods} periods`, `Give at least two for each of ${blocks} blocks`)
  if (returns.length < 2) refuse("returns", "has one configuration", "Give all that were tried")
  const sums = returns.map((series) => blockSums(series, blocks))
  const all = 2 ** blocks - 1
  let lost = 0
  const logits = halves(blocks).map((bits) => {
    const inside = sums.map((each) => sharpeIn(each, bits))
    const chosen = inside.indexOf(inside.reduce((a, b) => Math.max(a, b)))
    const outside = sums.map((each) => sharpeIn(each, all ^ bits))
    if (outside[chosen]! < 0) lost++
    const below = outside.reduce((count, value) => count + (value < outside[chosen]! ? 1 : 0), 0)
    const rank = (below + 1) / (outside.length + 1)
    return Math.log(rank / (1 - rank))
  })
  return {
    splits: logits.length,
    probability: logits.filter((logit) => logit <= 0).length / logits.length,
    logitMedian: median(logits),
    probabilityOfLoss: lost / logits.length
  }
}
