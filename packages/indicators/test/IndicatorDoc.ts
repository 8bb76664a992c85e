/** The text of docs/indicators.md: what the registry says of every indicator, and what it has been held to. */
import type { Indicator } from "../src/Indicator.ts"
import type { Parameter } from "../src/Parameter.ts"
import { indicators } from "../src/Registry.ts"
import { candleFiles, type GoldenCase, goldenCases } from "./GoldenCases.ts"

const cell = (text: string): string => text.replaceAll("|", "\\|")

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows.map((row) => row.map(cell))].map((row) => `| ${row.join(" | ")} |`).join("\n")

const parameterText = ([name, parameter]: readonly [string, Parameter]): string =>
  parameter.kind === "choice"
    ? `\`${name}\` ${parameter.choices.map((each) => (each === parameter.byDefault ? `**${each}**` : each)).join(", ")}`
    : `\`${name}\` **${parameter.byDefault}** (${parameter.min} to ${parameter.max}${parameter.kind === "integer" ? "" : ", any number"})`

const row = (indicator: Indicator): ReadonlyArray<string> => [
  `\`${indicator.name}\``,
  indicator.title,
  indicator.inputs.join(", "),
  Object.entries(indicator.parameters).map(parameterText).join("; ") || "none",
  indicator.outputs.join(", "),
  indicator.unit,
  String(indicator.warmup()),
  indicator.formula,
  indicator.source
]

const head = ["name", "title", "inputs", "parameters", "outputs", "unit", "warm-up", "formula", "source"]

const isCandle = ({ unit }: Indicator): boolean => unit.startsWith("100, 80")

const tolerance = ({ within }: GoldenCase): string => (within === 0 ? "1e-9" : `1e-9, or ${within.toPrecision(2)}`)

const goldenRow = (each: GoldenCase): ReadonlyArray<string> => [
  each.file,
  `\`${each.indicator}\``,
  tolerance(each),
  String(each.from),
  String(each.values),
  each.why
]

const otherRows: ReadonlyArray<ReadonlyArray<string>> = [
  ["spy_with_vwap.txt", "`vwma` of `avgprice`", "1e-9, or 0.00010", "0", "452", "cut off after 4 decimals"],
  ["spy_qqq_corr.csv", "`correl` 252 (Pearson)", "1e-9, or 1e-11", "251", "3713", "the file prints 0 before"],
  ["spy_pivot_pnt_hl.txt", "`swings` 10, 10", "equal", "0", "292", ""],
  ...candleFiles.map(([file, bars]): ReadonlyArray<string> => [
    file,
    "31 patterns",
    "equal",
    "0",
    `${bars} bars each`,
    "with `touch` none for engulfing and the haramis: the file is of a TA-Lib before 0.6"
  ])
]

export const indicatorDoc = (): string => `# Indicators

${indicators.length} of them, ${indicators.filter(isCandle).length} of which are candlestick patterns. Made from the registry by
\`npm test -- packages/indicators/test/IndicatorDoc.test.ts -u\`; a test fails while this page says something else.
The same is answered by \`outcry indicators\`; how to compute: \`packages/indicators/README.md\`.

**How to read it.** n is the period, x the input, y the output, v volume; \`value\` is any series (closes unless told otherwise),
\`other\` a second one. A default is in bold, its range behind it. Warm-up is how many bars pass, with the defaults, until every
output has its first value; before that it is NaN.

**What holds for all.** History and live bars run the same code and agree to the bit; the bar in progress (\`peek\`) is what an
update of a copy would answer and commits nothing. A row with NaN or an infinity among its inputs gives NaN on every output and
is otherwise as though it had not been there. A ratio that is 0 / 0 is TA-Lib's 0 where TA-Lib knows the indicator, else NaN. A
bar costs no allocation, and time that does not depend on the window, but for CCI (O(n)) and the extremes (O(1) amortised).

## Indicators

${table(head, indicators.filter((each) => !isCandle(each)).map(row))}

## Candlestick patterns
Positive is bullish, negative bearish, 0 not there. Long, short, near and far are TA-Lib's candle settings.

${table(head, indicators.filter(isCandle).map(row))}

## Differences from references
Where a reference begins in another way, values are compared from the row on where that has faded below what the file prints.
"Held to" is relative, or absolute where the file is printed coarser. "Values" counts all that were compared, in all columns.

### Published files (QuantConnect's Lean, Apache-2.0)

${table(["file", "indicator", "held to", "from row", "values", "the file's own way"], [...goldenCases.map(goldenRow), ...otherRows])}

### TA-Lib 0.8.1
61 functions and 31 patterns are compared with the library itself on every bar (\`test/bench/peers/Talib.test.ts\`, with
\`OUTCRY_BENCH_PYTHON\`): seeded walks, SPY of the reference values, daily bars of eight shares and of BTC-USD. All begin on the
same bar and agree to 1e-9, but for:

- **Outputs ready early.** MACD's line and the stochastics' %K are given as soon as they exist; TA-Lib waits for the last output.
- **Rounding of terms that cancel.** \`linearregslope\`, \`linearregangle\`, \`adosc\`, \`ppo\` and the stochastics near 0 agree to 1e-12 of
  the terms they are the difference of.
- **\`correl\` while a price hardly moves.** TA-Lib slides sums of squares and loses as many digits as the mean's square outweighs
  the variance: it was seen 6e-10 away. There ours is held to the two-pass formula.
- **\`apo\` and \`ppo\`** take an EMA by default; TA-Lib's default is the SMA.
- **\`beta\`** takes the value first and the benchmark second; TA-Lib the other way round.
- **\`kama\`** has the two EMA periods as parameters; TA-Lib's are 2 and 30.
- **\`bbands\`** also answers width and %b, and has one number of deviations for both sides.

Not in TA-Lib, and held to formulas written out in \`packages/indicators/test/References.test.ts\` or to the files above: \`rma\`, \`hma\`,
\`zlema\`, \`vwma\`, \`movingvwap\`, \`vwap\`, \`cutlerrsi\`, \`logreturn\`, \`ichimoku\`, \`supertrend\`, \`keltner\`, \`donchian\`, \`efi\`, \`cmf\`,
\`volatility\`, \`heikinashi\`, \`pivots\`, \`swings\`.
`
