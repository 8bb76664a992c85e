/** An order's dossier as a person reads it at the terminal. Pure but for colour. */
import * as Amount from "@outcry/model/Amount"
import type { OrderCost } from "@outcry/model/accounting/CostAnalysis"
import type { WireEntry } from "@outcry/store/WireLog"
import { onStdout, table } from "../cli/Output.ts"
import { durationText } from "../cli/TimeText.ts"
import type { Decision, Dossier } from "./Dossier.ts"

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0
    ? []
    : ["", onStdout.bold(title), ...lines.flatMap((text) => text.split("\n").map((line) => `  ${line}`))]

/** ISO 8601 in UTC, to the microsecond. */
const exactTime = (us: number): string => {
  const ms = Math.floor(us / 1_000)
  const micros = String(Math.floor(us % 1_000)).padStart(3, "0")
  return new Date(ms).toISOString().replace("Z", `${micros}Z`)
}

const took = (us: number): string => (us < 10_000 ? `${(us / 1_000).toFixed(2)} ms` : durationText(us / 1_000))

const pairs = (rows: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.flatMap(([name, text]) => (text === "" ? [] : [`${name.padEnd(width)}  ${text}`]))
}

const causeText = ({ feedEpoch, instrument, seq }: Decision["cause"]): string =>
  instrument === "" ? "" : `event ${feedEpoch}/${seq} of ${instrument}`

const inputs = (decision: Decision): ReadonlyArray<string> =>
  pairs([
    ["time", `${exactTime(decision.timeUs)}, row ${decision.seq}`],
    ["cause", causeText(decision.cause)],
    ["waited", decision.waitedUs === undefined ? "" : `${took(decision.waitedUs)} since its strategy decided`],
    [
      "mark",
      decision.mark === ""
        ? "none"
        : `${decision.mark}${decision.markAgeMs === undefined ? "" : `, ${decision.markAgeMs.toFixed(1)} ms old`}`
    ],
    [
      "other marks",
      Object.entries(decision.otherMarks)
        .map(([id, mark]) => `${id} ${mark}`)
        .join(", ")
    ],
    ["trading", decision.tradingState],
    [
      `limits ${decision.limits.version}`,
      Object.entries(decision.limits)
        .filter(([name]) => name !== "version")
        .map(([name, value]) => `${name} ${value}`)
        .join(", ")
    ],
    ["state before", decision.stateHash]
  ])

const checkLines = ({ checks }: Decision): ReadonlyArray<string> => {
  const names = (verdict: string): string =>
    checks
      .filter((each) => each.verdict === verdict)
      .map(({ check }) => check)
      .join(", ")
  const stopped = checks.find(({ verdict }) => verdict === "stopped")
  return pairs([
    ["passed", names("passed")],
    ["stopped", stopped === undefined ? "" : onStdout.yellow(`${stopped.check}: ${stopped.detail}`)],
    ["not reached", names("not reached")]
  ])
}

const againLine = ({ instead, same }: Decision): string =>
  same
    ? `same: ${onStdout.green("yes")}`
    : `same: ${onStdout.red("no")}, ${instead}. Was it decided by another release? \`outcry verify\` checks the journal.`

const lifeTable = ({ decision, life }: Dossier): string => {
  const fromUs = decision?.timeUs ?? life[0]?.timeUs ?? 0
  return table(
    ["after", "row", "fact", ""],
    life.map(({ seq, text, timeUs, type }) => [`+${took(timeUs - fromUs)}`, String(seq), type, text]),
    [0, 1]
  )
}

const wireLines = (wire: ReadonlyArray<WireEntry>, fromUs: number): ReadonlyArray<string> =>
  wire.flatMap(({ answeredUs, method, path, request, response, sentUs, status }) => [
    `+${took(sentUs - fromUs)} ${method} ${path}: ${status === 0 ? "no reply" : status} after ${took(answeredUs - sentUs)}`,
    ...(request === "" ? [] : [`  sent      ${request}`]),
    ...(response === "" ? [] : [`  answered  ${response}`])
  ])

const costLines = (cost: OrderCost | undefined): ReadonlyArray<string> => {
  if (cost === undefined) return []
  const { currency } = cost
  const bps = cost.shortfallBps === undefined ? "" : ` (${cost.shortfallBps.toFixed(2)} bps)`
  const unvalued = Array.from(cost.unvaluedFees, ([asset, fee]) => `${Amount.format(fee)} ${asset}`)
  return pairs([
    ["arrival", `${Amount.format(cost.arrivalPrice)} ${currency}`],
    ["average", cost.averagePrice === undefined ? "" : `${Amount.format(cost.averagePrice)} ${currency}`],
    ["shortfall", `${Amount.format(cost.shortfall)} ${currency}${bps}`],
    ["fees", [`${Amount.format(cost.fees)} ${currency}`, ...unvalued].join(", ")],
    [
      "first fill",
      cost.firstFillDelayUs === undefined ? "" : `${took(cost.firstFillDelayUs)} after its intent, by the venue's clock`
    ]
  ])
}

const headline = (dossier: Dossier): ReadonlyArray<string> => [
  `${onStdout.bold(dossier.status === "refused" ? "intent" : "order")} ${dossier.clientOrderId} of ${dossier.account}: ${dossier.status}${dossier.reason === "" ? "" : ` (${dossier.reason})`}`,
  ...(dossier.terms === "" ? [] : [dossier.terms]),
  dossier.strategy === ""
    ? "not ours: it was found at the venue"
    : `${dossier.strategy}, intent ${dossier.intentSeq}${dossier.attempt > 1 ? `, attempt ${dossier.attempt}` : ""}${dossier.venueOrderId === "" ? "" : `; venue id ${dossier.venueOrderId}`}`
]

export const dossierText = (told: {
  readonly dossier: Dossier
  readonly wire: ReadonlyArray<WireEntry>
  readonly cost: OrderCost | undefined
}): string => {
  const { cost, dossier, wire } = told
  const { decision } = dossier
  const fromUs = decision?.timeUs ?? dossier.life[0]?.timeUs ?? 0
  return [
    ...headline(dossier),
    ...(decision === undefined
      ? []
      : [
          ...section("Decided on", inputs(decision)),
          ...section("Checks", checkLines(decision)),
          ...section("Decided again from the journal", [againLine(decision)])
        ]),
    ...section("Life", [lifeTable(dossier)]),
    ...section("Over the wire", wireLines(wire, fromUs)),
    ...section("Cost against arrival", costLines(cost)),
    ...section(
      "Related orders",
      dossier.relatives.map(({ clientOrderId, relation, status }) => `${clientOrderId} (${status}): ${relation}`)
    )
  ].join("\n")
}
