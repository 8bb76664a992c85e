/**
 * The running floor on the terminal: prices, positions, orders, profit and loss, nodes. On a terminal the table is drawn
 * over itself, at most twice a second; elsewhere it is one compact line every few seconds. On stderr: it is no data.
 */
import { Effect, Schedule } from "effect"
import { durationText } from "../cli/TimeText.ts"
import { message, onStderr, table } from "../cli/Output.ts"
import type { FloorStatus } from "../gateway/FloorStatus.ts"
import type { NodeSupervisor } from "./NodeSupervisor.ts"

const drawEveryMs = 500
const lineEveryMs = 5_000

type Nodes = ReturnType<NodeSupervisor["nodes"]>

/** Amounts as people read them. Display only. */
const money = (text: string): string => (text === "" ? "" : Number(text).toFixed(2))

/** The checks that stopped intents, the busiest first. */
const stoppedBy = (refused: ReadonlyArray<{ readonly reason: string; readonly count: number }>): string =>
  refused
    .toSorted((a, b) => b.count - a.count)
    .map(({ count, reason }) => `${count} ${reason}`)
    .join(", ")

const netPositions = (status: FloorStatus) =>
  status.accounts.flatMap((account) =>
    account.positions.filter(({ strategy }) => strategy === "").map((row) => ({ account, row }))
  )

/** Display only. */
const profit = (status: FloorStatus): number =>
  netPositions(status).reduce((total, { row }) => total + Number(row.realised) + Number(row.unrealised), 0)

const totals = (status: FloorStatus) => ({
  open: status.accounts.reduce((total, { openOrders }) => total + openOrders.length, 0),
  orders: status.accounts.reduce(
    (total, { strategies }) => total + strategies.reduce((sum, { placed }) => sum + placed, 0),
    0
  ),
  fills: netPositions(status).reduce((total, { row }) => total + row.fills, 0),
  unknown: status.accounts.reduce((total, { unknownOrders }) => total + unknownOrders, 0)
})

const troubled = (condition: string): boolean => condition === "locked" || condition === "backoff"

/** What the totals do not say: an account that recovers or does not answer, a strategy that threw. */
const absent = (status: FloorStatus): ReadonlyArray<string> => [
  ...status.strategies
    .filter(({ condition }) => troubled(condition))
    .map(({ condition, lastError, strategy }) => `${strategy} ${condition}: ${lastError.split("\n")[0]}`),
  ...status.accounts
    .filter(({ condition }) => condition !== "ready")
    .map(({ account, condition }) => `${account} ${condition}`),
  ...(status.missing.length > 0 ? [`no answer from ${status.missing.map(({ id }) => id).join(", ")}`] : [])
]

/** One line, for logs and pipes. */
export const compactLine = (status: FloorStatus, nodes: Nodes, elapsedMs: number): string => {
  const { fills, open, orders, unknown } = totals(status)
  const prices = status.feeds.map(
    ({ ask, bid, condition, instrument }) => `${instrument} ${condition === "live" ? `${bid}/${ask}` : condition}`
  )
  const ready = nodes.filter((node) => node.ready).length
  return [
    durationText(elapsedMs),
    ...prices,
    `${orders} orders (${open} open)`,
    `${fills} fills`,
    `P&L ${profit(status).toFixed(2)} before fees`,
    `${ready}/${nodes.length} nodes`,
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...absent(status)
  ].join("  ")
}

const onNode = (status: FloorStatus, name: string): string =>
  [
    ...status.accounts.filter(({ node }) => node === name).map(({ account }) => account),
    ...status.strategies.filter(({ node }) => node === name).map(({ strategy }) => strategy),
    ...status.feeds.filter(({ node }) => node === name).map(({ instrument }) => instrument)
  ].join(", ")

export const drawing = (status: FloorStatus, nodes: Nodes, elapsedMs: number): string => {
  const { fills, open, orders, unknown } = totals(status)
  const paint = onStderr
  return [
    `${paint.bold("PAPER")}  ${durationText(elapsedMs)}  ${orders} orders, ${open} open, ${unknown} unknown, ${fills} fills  P&L ${paint.bold(profit(status).toFixed(2))} USDT before fees`,
    ...absent(status).map((text) => paint.yellow(text)),
    table(
      ["instrument", "bid", "ask", "last", "condition", "age"],
      status.feeds.map((feed) => [
        feed.instrument,
        feed.bid,
        feed.ask,
        feed.last,
        feed.condition,
        `${Math.round(feed.ageMs)} ms`
      ]),
      [1, 2, 3, 5],
      paint
    ),
    table(
      ["account", "instrument", "position", "average", "realised", "unrealised", "fills"],
      netPositions(status).map(({ account, row }) => [
        account.account,
        row.instrument,
        row.quantity,
        money(row.averagePrice),
        money(row.realised),
        money(row.unrealised),
        String(row.fills)
      ]),
      [2, 3, 4, 5, 6],
      paint
    ),
    table(
      ["strategy", "condition", "intents", "orders", "fills", "stopped by"],
      status.strategies.map((each) => [
        each.strategy,
        each.condition,
        String(each.intents),
        String(each.orders),
        String(each.fills),
        troubled(each.condition) ? each.lastError.split("\n")[0]! : stoppedBy(each.refused)
      ]),
      [2, 3, 4],
      paint
    ),
    table(
      ["node", "state", "actors"],
      nodes.map(({ name, ready }) => [name, ready ? "up" : "down", onNode(status, name)]),
      [],
      paint
    ),
    paint.dim("Ctrl-C stops in order")
  ].join("\n\n")
}

/** Shows the floor until interrupted. Also what keeps the supervisor's knowledge of where the accounts live fresh. */
export const showFloor = Effect.fnUntraced(function* (supervisor: NodeSupervisor) {
  const startedMs = performance.now()
  const terminal = process.stderr.isTTY
  let lines = 0
  let shownMs = 0
  const erase = Effect.sync(() => {
    if (lines > 0) process.stderr.write(`\u001b[${lines}A\u001b[J`)
    lines = 0
  })
  const draw = Effect.gen(function* () {
    const status = yield* supervisor.status
    const elapsedMs = performance.now() - startedMs
    if (terminal) {
      yield* erase
      // A line longer than the screen would wrap and be counted wrongly.
      const text = drawing(status, supervisor.nodes(), elapsedMs)
        .split("\n")
        .map((line) => clip(line, process.stderr.columns ?? 120))
      process.stderr.write(`${text.join("\n")}\n`)
      lines = text.length
    } else if (elapsedMs - shownMs >= lineEveryMs) {
      shownMs = elapsedMs
      yield* message(compactLine(status, supervisor.nodes(), elapsedMs))
    }
  }).pipe(Effect.ignore)
  return yield* draw.pipe(
    Effect.repeat(Schedule.spaced(drawEveryMs)),
    Effect.ensuring(erase),
    Effect.andThen(Effect.never)
  )
})

const escape = "\u001b"

/** Cuts to that many visible characters; colour codes take no room. */
const clip = (line: string, width: number): string => {
  let visible = 0
  let clipped = ""
  for (let at = 0; at < line.length && visible < width; at++) {
    if (line[at] === escape) {
      const end = line.indexOf("m", at)
      clipped += line.slice(at, end + 1)
      at = end
    } else {
      clipped += line[at]
      visible += 1
    }
  }
  return clipped.includes(escape) ? `${clipped}${escape}[0m` : clipped
}
