/**
 * One self-contained page: style, script and data inside, nothing loaded. Its own content security policy allows this one
 * script by its hash and no request, so that nothing a report shows can ever run.
 */
import { createHash } from "node:crypto"
import { type Decimals, durationSpans, numberFormats } from "./Figure.ts"
import type { ChartData } from "./LineChart.ts"
import { jsonMarkup, type Markup, markup, Markup as Raw } from "./Markup.ts"
import { pageScript } from "./PageScript.ts"
import { pageStyle } from "./PageStyle.ts"
import type { TableData } from "./TradeTable.ts"

export interface PageParts {
  readonly title: string
  readonly body: Markup
  readonly decimals: Decimals
  readonly charts: Readonly<Record<string, ChartData>>
  readonly tables: Readonly<Record<string, TableData>>
}

const scriptHash = createHash("sha256").update(pageScript).digest("base64")
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`

export const page = ({ body, charts, decimals, tables, title }: PageParts): string =>
  markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><style>${new Raw(pageStyle)}</style></head>
<body><main>${body}</main>
<script type="application/json" id="data">${jsonMarkup({ formats: numberFormats(decimals), spans: durationSpans, charts, tables })}</script>
<script>${new Raw(pageScript)}</script></body></html>
`.text

/** The button that switches the theme; the script shows it. */
export const themeButton: Markup = markup`<button class="theme" type="button" hidden>Dark</button>`
