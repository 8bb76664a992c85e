/**
 * Owns the drawing of an order's spans as a tree for the terminal: who, when, how long, in which process, which stages of
 * the pipeline are there and which are missing.
 * A span whose parent was not recorded is drawn under a line that says so; a trace that links to another (a late fill)
 * follows as a tree of its own. Nothing is left out but spans that belong to other orders of the same trace. Pure.
 */
import * as Attributes from "./Attributes.ts"
import { STAGES, type Stage } from "./SpanNames.ts"
import { orderIdsOf, type StoredSpan, type StoredValue } from "./StoredSpan.ts"

/** A span with what hangs under it. */
export interface TraceNode {
  readonly span: StoredSpan
  readonly children: ReadonlyArray<TraceNode>
  /** The parent it names and which is not among the spans. */
  readonly missingParent?: string
}

/** One trace. */
export interface TraceTree {
  readonly traceId: string
  readonly roots: ReadonlyArray<TraceNode>
  /** The start of its first span, epoch microseconds. */
  readonly startUs: number
  /** From its first start to its last end, microseconds. */
  readonly durationUs: number
}

/** What is known of an order's way. */
export interface TraceSummary {
  readonly stages: ReadonlyArray<{ readonly stage: Stage; readonly present: boolean }>
  readonly missing: ReadonlyArray<Stage>
  /** Operating-system processes that recorded a span. */
  readonly processes: number
  readonly spans: number
  readonly errors: number
  readonly orphans: number
}

/** How a tree is drawn. */
export interface DrawOptions {
  /** False where `NO_COLOR` is set or the output is no terminal. */
  readonly color: boolean
}

const byStart = (a: StoredSpan, b: StoredSpan): number =>
  a.startUs - b.startUs || b.durationUs - a.durationUs || (a.spanId < b.spanId ? -1 : 1)

/**
 * The spans that concern one order: those that name it, and those that name no order unless they hang under a span of
 * another one.
 */
export const ofOrder = (spans: ReadonlyArray<StoredSpan>, orderId: string): ReadonlyArray<StoredSpan> => {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const concerns = (span: StoredSpan): boolean => {
    const seen = new Set<string>()
    for (let at: StoredSpan | undefined = span; at !== undefined && !seen.has(at.spanId);) {
      const ids = orderIdsOf(at)
      if (ids.length > 0) return ids.includes(orderId)
      seen.add(at.spanId)
      at = at.parentSpanId === undefined ? undefined : byId.get(at.parentSpanId)
    }
    return true
  }
  return spans.filter(concerns)
}

const treeOf = (traceId: string, spans: ReadonlyArray<StoredSpan>): TraceTree => {
  const sorted = spans.toSorted(byStart)
  const ids = new Set(sorted.map((span) => span.spanId))
  const children = new Map<string, Array<StoredSpan>>()
  const tops: Array<StoredSpan> = []
  for (const span of sorted) {
    if (span.parentSpanId === undefined || !ids.has(span.parentSpanId)) tops.push(span)
    else {
      const siblings = children.get(span.parentSpanId)
      if (siblings === undefined) children.set(span.parentSpanId, [span])
      else siblings.push(span)
    }
  }
  const placed = new Set<string>()
  const node = (span: StoredSpan): TraceNode => {
    placed.add(span.spanId)
    return {
      span,
      children: (children.get(span.spanId) ?? []).filter((child) => !placed.has(child.spanId)).map(node),
      ...(span.parentSpanId !== undefined && !ids.has(span.parentSpanId) ? { missingParent: span.parentSpanId } : {})
    }
  }
  const roots = tops.map(node)
  // Spans that name each other as parents are damage of the sender's; they are shown rather than lost.
  for (const span of sorted) if (!placed.has(span.spanId)) roots.push({ ...node(span), missingParent: "a cycle" })
  const startUs = sorted[0]?.startUs ?? 0
  const endUs = sorted.reduce((end, span) => Math.max(end, span.startUs + span.durationUs), startUs)
  return { traceId, roots, startUs, durationUs: endUs - startUs }
}

/** Builds one tree a trace, the earliest first. The same span given twice counts once. */
export const build = (spans: ReadonlyArray<StoredSpan>): ReadonlyArray<TraceTree> => {
  const traces = new Map<string, Map<string, StoredSpan>>()
  for (const span of spans) {
    const trace = traces.get(span.traceId)
    if (trace === undefined) traces.set(span.traceId, new Map([[span.spanId, span]]))
    else trace.set(span.spanId, span)
  }
  return [...traces]
    .map(([traceId, trace]) => treeOf(traceId, [...trace.values()]))
    .toSorted((a, b) => a.startUs - b.startUs)
}

const orphansIn = (nodes: ReadonlyArray<TraceNode>): number =>
  nodes.reduce((count, node) => count + (node.missingParent === undefined ? 0 : 1), 0)

/** Which stages of the pipeline were recorded, in how many processes. */
export const summarize = (spans: ReadonlyArray<StoredSpan>): TraceSummary => {
  const names = new Set(spans.map((span) => span.name))
  const stages = STAGES.map(({ stage, span }) => ({ stage, present: names.has(span) }))
  return {
    stages,
    missing: stages.filter((stage) => !stage.present).map((stage) => stage.stage),
    processes: new Set(spans.map((span) => `${span.node}/${span.pid}`)).size,
    spans: new Set(spans.map((span) => `${span.traceId}/${span.spanId}`)).size,
    errors: spans.filter((span) => span.error !== undefined).length,
    orphans: build(spans).reduce((count, tree) => count + orphansIn(tree.roots), 0)
  }
}

/** A time for people: `840 ns`, `12.3 µs`, `4.56 ms`, `1.20 s`, `2 min 5 s`. Input in microseconds. */
export const humanTime = (us: number): string => {
  const size = Math.abs(us)
  if (size === 0) return "0 µs"
  if (size < 1) return `${Math.round(us * 1000)} ns`
  if (size < 999.5) return `${size < 99.95 ? us.toFixed(1) : us.toFixed(0)} µs`
  if (size < 999_995) return `${(us / 1000).toFixed(size < 99_995 ? 2 : 0)} ms`
  if (size < 120_000_000) return `${(us / 1_000_000).toFixed(2)} s`
  return `${Math.floor(us / 60_000_000)} min ${Math.round((us % 60_000_000) / 1_000_000)} s`
}

/** Attributes shown beside a span, in this order, by a short name; not where a span above has said the same. */
const shown: ReadonlyArray<readonly [key: string, label: string]> = [
  [Attributes.STRATEGY, "strategy"],
  [Attributes.ACCOUNT, "account"],
  [Attributes.VENUE, "venue"],
  [Attributes.INSTRUMENT, "instrument"],
  [Attributes.ORDER_SIDE, "side"],
  [Attributes.FEED_EPOCH, "epoch"],
  [Attributes.FEED_SEQ, "seq"],
  [Attributes.MESSAGING_DESTINATION_NAME, "to"],
  [Attributes.REASON, "reason"]
]

// Text of spans comes from other processes: control characters must not reach the terminal.
const plain = (text: string): string => text.replace(/\p{Cc}/gu, " ")

const valueText = (value: StoredValue): string => plain(typeof value === "object" ? value.join(",") : String(value))

const paint = (color: boolean, code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text)

interface Row {
  readonly label: string
  readonly node: string
  readonly offset: string
  readonly duration: string
  readonly notes: string
  readonly failed: boolean
}

/** What the spans above have said, by label. */
type Said = Readonly<Record<string, string>>

const saidBy = (span: StoredSpan): Said =>
  Object.fromEntries(
    shown.flatMap(([key, label]) => {
      const value = span.attributes[key]
      return value === undefined ? [] : [[label, valueText(value)] as const]
    })
  )

const notesOf = (span: StoredSpan, above: Said): string => {
  const notes = Object.entries(saidBy(span)).flatMap(([label, value]) =>
    above[label] === value ? [] : [`${label}=${value}`]
  )
  if (span.error !== undefined) notes.push(`error: ${plain(span.error === "" ? "unspecified" : span.error)}`)
  for (const link of span.links) notes.push(`links to ${link.traceId.slice(0, 8)}/${link.spanId}`)
  return notes.join(" ")
}

const rowsOf = (tree: TraceTree): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  const walk = (node: TraceNode, lead: string, branch: string, next: string, above: Said): void => {
    const { span } = node
    rows.push({
      label: `${lead}${branch}${plain(span.name)}`,
      node: span.pid === 0 ? plain(span.node) : `${plain(span.node)} (${span.pid})`,
      offset: `+${humanTime(span.startUs - tree.startUs)}`,
      duration: humanTime(span.durationUs),
      notes: notesOf(span, above),
      failed: span.error !== undefined
    })
    const said = { ...above, ...saidBy(span) }
    node.children.forEach((child, index) => {
      const last = index === node.children.length - 1
      walk(child, lead + next, last ? "└─ " : "├─ ", last ? "   " : "│  ", said)
    })
  }
  for (const root of tree.roots) {
    if (root.missingParent === undefined) {
      walk(root, "", "", "", {})
      continue
    }
    const label = `(parent ${root.missingParent} was not recorded)`
    rows.push({ label, node: "", offset: "", duration: "", notes: "", failed: false })
    walk(root, "", "└─ ", "   ", {})
  }
  return rows
}

const drawTree = (tree: TraceTree, color: boolean): ReadonlyArray<string> => {
  const rows = rowsOf(tree)
  const width = (text: (row: Row) => string): number =>
    rows.reduce((max, row) => Math.max(max, row.offset === "" ? 0 : text(row).length), 0)
  const label = width((row) => row.label)
  const node = width((row) => row.node)
  const offset = width((row) => row.offset)
  const duration = width((row) => row.duration)
  return rows.map((row) => {
    if (row.offset === "") return paint(color, 33, row.label)
    const name = paint(color, row.failed ? 31 : 1, row.label) + " ".repeat(label - row.label.length)
    const times = `${row.offset.padStart(offset)}  ${row.duration.padStart(duration)}`
    const notes = row.notes === "" ? "" : `  ${paint(color, row.failed ? 31 : 2, row.notes)}`
    return `${name}  ${paint(color, 36, row.node.padEnd(node))}  ${times}${notes}`
  })
}

const plural = (count: number, noun: string, many: string): string => `${count} ${count === 1 ? noun : many}`

/** Draws the traces of an order, with the stages it passed and missed. Ends without a newline. */
export const drawOrder = (orderId: string, all: ReadonlyArray<StoredSpan>, options: DrawOptions): string => {
  const spans = ofOrder(all, orderId)
  const trees = build(spans)
  const summary = summarize(spans)
  const stages = summary.stages.map(({ stage, present }) =>
    present ? paint(options.color, 32, stage) : paint(options.color, 31, `[no ${stage}]`)
  )
  const lines = [
    `order ${plain(orderId)}: ${plural(summary.spans, "span", "spans")} in ${plural(trees.length, "trace", "traces")}, ${plural(summary.processes, "process", "processes")}`,
    `stages: ${stages.join(" → ")}`
  ]
  for (const tree of trees) {
    lines.push("", `trace ${tree.traceId}, ${humanTime(tree.durationUs)}`, ...drawTree(tree, options.color))
  }
  return lines.join("\n")
}
