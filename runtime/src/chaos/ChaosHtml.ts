/**
 * The report of a fault run as one HTML file that loads nothing: verdict, invariants, scenarios with their timelines and
 * what became of their orders, the distribution of failover times, the machine, and how to run it again. Dark or light as
 * the reader's system is, and readable on a phone.
 */
import { type FaultRecord, held, plural, verdictText } from "./FaultReport.ts"
import type { ScenarioResult } from "./ScenarioRun.ts"
import { type Invariant, invariants, invariantTexts } from "./Stage.ts"

const escape = (text: string | number): string =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

const style = `
:root{color-scheme:light dark;--back:#fff;--text:#1a1d21;--dim:#5c6570;--line:#d9dee4;--good:#116932;--bad:#b3261e;--warn:#7a5200;--bar:#2f6fb3;--card:#f5f7f9}
@media (prefers-color-scheme:dark){:root{--back:#14171a;--text:#e6e9ec;--dim:#9aa4af;--line:#30363d;--good:#5fd38a;--bad:#ff8a80;--warn:#e8b54a;--bar:#6aa9ec;--card:#1c2126}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.verdict{border:1px solid var(--line);border-left:.5rem solid var(--good);background:var(--card);border-radius:.4rem;padding:.8rem 1rem}
.verdict.violated{border-left-color:var(--bad)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.dim{color:var(--dim)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}details{border-bottom:1px solid var(--line);padding:.4rem 0}
summary{cursor:pointer;overflow-wrap:anywhere}ol{margin:.4rem 0;padding-left:1.4rem}li{overflow-wrap:anywhere}time{color:var(--dim);font-variant-numeric:tabular-nums;margin-right:.5rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem;overflow-x:auto}
figure{margin:1rem 0}svg{display:block;width:100%;height:auto}.axis{display:flex;justify-content:space-between;font-size:.85rem;font-variant-numeric:tabular-nums}svg rect{fill:var(--bar)}svg line{stroke:var(--line)}`

const mark = (verdict: ScenarioResult["verdict"]): string =>
  verdict === "held"
    ? '<b class="good">held</b>'
    : verdict === "skipped"
      ? '<b class="warn">skipped</b>'
      : '<b class="bad">violated</b>'

const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .toSorted((a, b) => b[1] - a[1])
    .map(([name, count]) => `${count} ${escape(name)}`)
    .join(", ")

/** The first line says what is wrong; what follows are the last lines of logs. */
const headOf = (detail: string): string => detail.split("\n")[0]!
const tailOf = (detail: string): string => {
  const lines = detail.split("\n").slice(1)
  return lines.length === 0 ? "" : `<pre>${escape(lines.join("\n"))}</pre>`
}

const scenario = (result: ScenarioResult): string => {
  const { orders } = result
  const reasons = Object.entries(orders.reasons)
    .map(([reason, count]) => `<tr><td class="n">${count}</td><td>${escape(reason)}</td></tr>`)
    .join("")
  const broken = result.violations
    .map(
      ({ detail, invariant }) =>
        `<li><span class="bad">${invariant}: ${escape(headOf(detail))}</span>${tailOf(detail)}</li>`
    )
    .join("")
  return `<details${result.verdict === "violated" ? " open" : ""}><summary>${mark(result.verdict)} #${result.seed} ${escape(result.faults.join(" + "))} <span class="dim">${orders.placed} orders, ${seconds(result.tookMs)}</span></summary>
${result.reason === "" ? "" : `<p class="warn">Not done here: ${escape(result.reason)}</p>`}${broken === "" ? "" : `<ul>${broken}</ul>`}
<p>Orders: ${counts(orders.byState) || "none"}; ${orders.fills} fills; ${orders.intentsRefused} intents refused. Accepts commands again after ${seconds(result.acceptMs)}, trades after ${seconds(result.tradingMs)}${orders.unknownMsMax > 0 ? `; longest unknown ${seconds(orders.unknownMsMax)}` : ""}.</p>
${reasons === "" ? "" : `<div class="scroll"><table><tr><th class="n">times</th><th>reason</th></tr>${reasons}</table></div>`}
<ol>${result.timeline.map(({ atMs, what }) => `<li><time>${seconds(atMs)}</time>${escape(what)}</li>`).join("")}</ol></details>`
}

const bins = 24

/** How many takeovers took how long. */
const histogram = (title: string, values: ReadonlyArray<number>): string => {
  if (values.length === 0) return ""
  const most = Math.max(...values)
  const width = Math.max(100, Math.ceil(most / bins / 50) * 50)
  const heights = Array.from(
    { length: Math.floor(most / width) + 1 },
    (_, bin) => values.filter((value) => Math.floor(value / width) === bin).length
  )
  const [w, h] = [640, 180]
  const step = w / heights.length
  const tallest = Math.max(...heights)
  const bars = heights
    .map((count, bin) => {
      const height = (count / tallest) * (h - 20)
      const told = `<title>${count} within ${seconds(bin * width)}–${seconds((bin + 1) * width)}</title>`
      return `<rect x="${(bin * step + 1).toFixed(1)}" y="${(h - height).toFixed(1)}" width="${Math.max(1, step - 2).toFixed(1)}" height="${height.toFixed(1)}">${told}</rect>`
    })
    .join("")
  const labels = [0, 0.5, 1].map((share) => `<span>${seconds(share * heights.length * width)}</span>`).join("")
  return `<figure><svg viewBox="0 0 ${w} ${h + 1}" role="img" aria-label="${escape(title)}"><line x1="0" y1="${h}" x2="${w}" y2="${h}"/>${bars}</svg><div class="axis dim">${labels}</div><figcaption class="dim">${escape(title)}; the tallest bar is ${tallest} of ${values.length}</figcaption></figure>`
}

const invariantRow = (found: FaultRecord, invariant: Invariant): string => {
  const broken = found.violations[invariant]
  const shown = broken.map((detail) => `<li>${escape(headOf(detail))}</li>`).join("")
  return `<tr><td>${invariant}</td><td>${escape(invariantTexts[invariant])}${shown === "" ? "" : `<ul class="bad">${shown}</ul>`}</td><td class="n">${broken.length === 0 ? '<b class="good">held</b>' : `<b class="bad">${broken.length} ×</b>`}</td></tr>`
}

const figures = (found: FaultRecord): string => {
  const { failover, freezes } = found
  const rows: Array<readonly [string, string]> = []
  if (failover.kills > 0)
    rows.push(
      ["kills", String(failover.kills)],
      [
        "accounts accept commands again: median, p99, most",
        [failover.medianMs, failover.p99Ms, failover.maxMs].map(seconds).join(", ")
      ],
      [
        "orders in flight settled: median, most",
        [failover.settled.medianMs, failover.settled.maxMs].map(seconds).join(", ")
      ],
      ["orders lost, duplicated, misfilled", `${failover.lost}, ${failover.duplicated}, ${failover.misfilled}`]
    )
  if (freezes.count > 0)
    rows.push(
      ["freezes", String(freezes.count)],
      ["appends and orders of zombies", `${freezes.zombieAppends}, ${freezes.zombieOrders}`],
      ["taken over: median, most", [freezes.takeover.medianMs, freezes.takeover.maxMs].map(seconds).join(", ")],
      ["zombie stopped: most", `${freezes.stopped.maxMs} ms`]
    )
  if (rows.length === 0) return ""
  const table = rows
    .map(([what, value]) => `<tr><td>${escape(what)}</td><td class="n">${escape(value)}</td></tr>`)
    .join("")
  return `<h2>Failover</h2><div class="scroll"><table>${table}</table></div>${histogram(
    "Takeovers after a kill, by the time until the account accepted commands",
    found.details.kills.flatMap((kill) => kill.acceptMs)
  )}${histogram(
    "Takeovers after a freeze, by the time until the account accepted commands",
    found.details.freezes.flatMap((freeze) => freeze.acceptMs)
  )}`
}

const recovery = (found: FaultRecord): string =>
  histogram(
    "Scenarios, by the time until every account accepted commands once all was mended",
    found.scenarios.filter(({ floorLost }) => !floorLost).map(({ acceptMs }) => acceptMs)
  )

export const chaosHtml = (found: FaultRecord): string => {
  const good = held(found)
  const of = (verdict: ScenarioResult["verdict"]): number =>
    found.scenarios.filter((each) => each.verdict === verdict).length
  const { machine } = found
  const orders = found.scenarios.reduce((sum, each) => sum + each.orders.placed, 0)
  const verdict = verdictText(found)
  const colon = verdict.indexOf(": ")
  const done = [
    plural(found.scenarios.length, "scenario"),
    `${of("held")} held, ${of("violated")} violated, ${of("skipped")} skipped`,
    `${plural(orders, "order")} in them`,
    ...(found.failover.kills > 0 ? [plural(found.failover.kills, "kill")] : []),
    ...(found.freezes.count > 0 ? [plural(found.freezes.count, "freeze")] : [])
  ]
  const versions = Object.entries(found.versions).map(([name, version]) => `${escape(name)} ${escape(version)}`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Outcry chaos: ${good ? "held" : "violated"}</title><style>${style}</style></head>
<body><main><h1>Outcry chaos</h1>
<div class="verdict${good ? "" : " violated"}"><b class="${good ? "good" : "bad"}">${verdict.slice(0, colon)}</b>: ${escape(verdict.slice(colon + 2))}<br>
<span class="dim">${done.join(", ")}, in ${seconds(found.tookMs)}</span></div>
<h2>Invariants</h2><div class="scroll"><table><tr><th></th><th>what must hold</th><th class="n">verdict</th></tr>${invariants.map((each) => invariantRow(found, each)).join("")}</table></div>
${figures(found)}
${found.scenarios.length === 0 ? "" : `<h2>Scenarios</h2>${recovery(found)}${found.scenarios.map(scenario).join("\n")}`}
<h2>Strategies</h2><p>The load of the suite${found.floor.strategies.length === 0 ? "" : `, and ${found.floor.strategies.map((name) => `<code>${escape(name)}</code>`).join(", ")}, each on an account of its own`}.</p>
<h2>Machine and versions</h2><p>${escape(machine.platform)}, ${machine.cpus} × ${escape(machine.cpu)}, ${machine.memoryMiB} MiB; load ${machine.loadAtStart.toFixed(1)} at the start, ${machine.loadAtEnd.toFixed(1)} at the end.<br>${versions.join(", ")}</p>
<h2>Run it again</h2><pre>${escape(found.again)}</pre><p class="dim">A scenario's number is its seed: <code>--scenarios 1 --seed N</code> runs scenario N alone.</p>
</main></body></html>
`
}
