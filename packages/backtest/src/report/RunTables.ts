/** Costs, funnel and breakdown of a run as tables of its page. */
import type { BacktestResult } from "../BacktestResult.ts"
import { breakdown, costFigures } from "./Breakdown.ts"
import { absent, type FigureText } from "./Figure.ts"
import { blockingStage, funnelStages } from "./Funnel.ts"
import { type Markup, markup } from "./Markup.ts"

const toned = (value: number, figure: FigureText): Markup =>
  markup`<td class="n ${value < 0 ? "bad" : value > 0 ? "good" : ""}">${figure(value, "profit")}</td>`

const noFills = markup`<td class="n none" title="The run left no fills.">${absent}</td>`

export const costTable = (result: BacktestResult, figure: FigureText): Markup => {
  const { dividends, feeRate, fees, funding, gross, maker, net, traded } = costFigures(result)
  const row = (title: string, value: number): Markup => markup`<tr><td>${title}</td>${toned(value, figure)}</tr>`
  const rate = feeRate === undefined ? noFills : markup`<td class="n">${figure(feeRate * 10_000, "ratio")} bps</td>`
  const rested = maker === undefined ? noFills : markup`<td class="n">${figure(maker, "percent")}</td>`
  return markup`<h2 id="costs">Costs, ${result.asset}</h2><table><tbody>${row("Result before costs", gross)}${row("Fees", fees)}${row("Funding", funding)}${row("Dividends", dividends)}${row("Net profit", net)}<tr><td>Traded value</td>${traded === undefined ? noFills : markup`<td class="n">${figure(traded, "money")}</td>`}</tr><tr><td>Fees per traded value</td>${rate}</tr><tr><td>Fills that rested in the book</td>${rested}</tr></tbody></table>`
}

export const funnelList = (result: BacktestResult, figure: FigureText): Markup => {
  const stages = funnelStages(result)
  const blocking = blockingStage(result)
  const refused = stages.filter(({ kind }) => kind === "refused").reduce((sum, { count }) => sum + count, 0)
  const most = Math.max(
    1,
    result.funnel.signals,
    result.funnel.intents,
    refused,
    result.funnel.orders,
    result.funnel.fills
  )
  const rows = stages.map(({ count, key, kind, title }) => {
    const share = Math.min(100, Math.round((count / most) * 1000) / 10)
    return markup`<li class="${kind === "refused" ? "check" : ""}${blocking?.key === key ? " blocking" : ""}"><span>${kind === "refused" && "refused: "}${title}${blocking?.key === key && " ← blocks"}</span><b>${figure(count, "count")}</b><span>${count > 0 && markup`<i class="share${kind === "refused" ? " bad" : ""}" style="width:${share}%"></i>`}</span></li>`
  })
  return markup`<ul class="funnel">${rows}</ul>`
}

const partsShown = 50

export const partTable = (result: BacktestResult, by: "instrument" | "strategy", figure: FigureText): Markup => {
  const parts = breakdown(result, by)
  if (result.trades.length === 0 && result.fills.length === 0) return markup``
  const most = parts.reduce((size, { profit }) => Math.max(size, Math.abs(profit)), 0) || 1
  const absentCell = markup`<td class="n none" title="It made no round trip.">${absent}</td>`
  const rows = parts
    .slice(0, partsShown)
    .map(
      ({ fees, held, name, profit, traded, trades, winRate }) =>
        markup`<tr><th scope="row">${name}</th><td class="n">${figure(trades, "count")}</td>${winRate === undefined ? absentCell : markup`<td class="n">${figure(winRate, "percent")}</td>`}${toned(profit, figure)}<td><i class="share ${profit < 0 ? "bad" : "good"}" style="width:${((Math.abs(profit) / most) * 7).toFixed(2)}em"></i></td><td class="n">${figure(fees, "money")}</td>${traded === undefined ? noFills : markup`<td class="n">${figure(traded, "money")}</td>`}${held === undefined ? absentCell : markup`<td class="n">${figure(held, "duration")}</td>`}</tr>`
    )
  const more =
    parts.length > partsShown && markup`<p class="dim">The ${partsShown} best of ${figure(parts.length, "count")}.</p>`
  return markup`<h2>By ${by}</h2><div class="scroll" tabindex="0" role="region" aria-label="Results by ${by}"><table><thead><tr><th scope="col">${by === "instrument" ? "Instrument" : "Strategy"}</th><th class="n" scope="col">Round trips</th><th class="n" scope="col">Won</th><th class="n" scope="col">Profit, ${result.asset}</th><th></th><th class="n" scope="col">Fees</th><th class="n" scope="col">Traded</th><th class="n" scope="col">Held, mean</th></tr></thead><tbody>${rows}</tbody></table></div>${more}`
}
