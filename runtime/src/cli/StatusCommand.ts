/** `outcry status`: every actor of the running floor with its node and condition, and the nodes themselves. */
import { Effect, Option, Schema } from "effect"
import { durationText } from "./TimeText.ts"
import { troubles } from "./AccountsCommand.ts"
import { data, json, message, onStderr, onStdout, table } from "./Output.ts"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { firstAnswer, nodeClient } from "../floor/NodeClient.ts"
import { type RunFile, runningFloor } from "../floor/RunFile.ts"
import { type VenueState, venueStatesIn } from "../floor/VenueState.ts"
import { type FloorStatus, FloorStatusJson } from "../gateway/FloorStatus.ts"

interface NodeState {
  readonly node: string
  readonly url: string
  readonly pid: number
  readonly state: "ready" | "not ready" | "down"
  readonly detail: string
}

const nodeStates = (run: RunFile) =>
  Effect.forEach(
    run.gateways,
    ({ node, url }) => {
      const pid = run.children.find(({ name }) => name === node)?.pid ?? 0
      return nodeClient(url, run.token).readiness.pipe(
        Effect.match({
          onFailure: (): NodeState => ({ node, url, pid, state: "down", detail: "its gateway does not answer" }),
          onSuccess: ({ checks, ready }): NodeState => ({
            node,
            url,
            pid,
            state: ready ? "ready" : "not ready",
            detail: checks
              .filter(({ ok }) => ready || !ok)
              .map(({ detail, name }) => (detail === "" ? name : `${name}: ${detail}`))
              .join(", ")
          })
        })
      )
    },
    { concurrency: "unbounded" }
  )

/** How each node stands with its venues; a node that does not answer says nothing. */
const venueStates = (run: RunFile) =>
  Effect.map(
    Effect.forEach(
      run.gateways,
      ({ node, url }) =>
        nodeClient(url, run.token).metrics.pipe(
          Effect.map((text) => venueStatesIn(text, node)),
          Effect.orElseSucceed((): ReadonlyArray<VenueState> => [])
        ),
      { concurrency: "unbounded" }
    ),
    (all) => all.flat()
  )

/** The status of the floor that runs from a data folder. */
export const askFloor = Effect.fnUntraced(function* (folder: Option.Option<string>) {
  const run = yield* runningFloor(dataFolderAt(Option.getOrUndefined(folder)))
  const status = yield* firstAnswer(run.gateways.map(({ url }) => nodeClient(url, run.token).status))
  return { run, status }
})

const venueRows = (venues: ReadonlyArray<VenueState>): ReadonlyArray<ReadonlyArray<string>> =>
  venues.map(({ blockedSeconds, breakerOpen, node, used, venue }) => [
    venue,
    node,
    breakerOpen
      ? "turned away: it does not answer"
      : blockedSeconds > 0
        ? `held back for ${durationText(blockedSeconds * 1_000)}: it asked not to be called`
        : "sent",
    `${Math.round(used * 100)} %`
  ])

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

const actorRows = (status: FloorStatus): ReadonlyArray<ReadonlyArray<string>> => [
  ...status.feeds.map((feed) => [
    "feed",
    feed.instrument,
    feed.node,
    feed.condition,
    `${feed.bid} / ${feed.ask}, ${Math.round(feed.ageMs)} ms old, ${counted(feed.seq, "event")}, ${counted(feed.gaps, "gap")}`
  ]),
  ...status.accounts.map((account) => [
    "account",
    account.account,
    account.node,
    account.condition,
    [
      account.tradingState,
      `epoch ${account.epoch}, row ${account.seq}`,
      `${account.openOrders.length} open`,
      ...(account.unknownOrders > 0 ? [`${account.unknownOrders} unknown`] : []),
      ...(account.reason === undefined ? [] : [account.reason]),
      ...account.positions
        .filter(({ strategy }) => strategy === "")
        .map(({ instrument, quantity }) => `${quantity} ${instrument}`)
    ].join(", ")
  ]),
  ...status.strategies.map((strategy) => [
    "strategy",
    strategy.strategy,
    strategy.node,
    strategy.condition,
    [
      `on ${strategy.account}`,
      counted(strategy.intents, "intent"),
      counted(strategy.orders, "order"),
      counted(strategy.fills, "fill"),
      ...(strategy.detail === "" ? [] : [strategy.detail]),
      // The detail of a strategy that threw says what it threw.
      ...(strategy.lastError === "" || strategy.detail.includes(strategy.lastError) ? [] : [strategy.lastError])
    ].join(", ")
  ]),
  ...status.missing.map(({ id, kind, reason }) => [kind, id, "?", "does not answer", reason])
]

export const run = Effect.fnUntraced(function* (options: {
  readonly data: Option.Option<string>
  readonly json: boolean
}) {
  const { run: floor, status } = yield* askFloor(options.data)
  const nodes = yield* nodeStates(floor)
  const venues = yield* venueStates(floor)
  if (options.json) {
    const encoded = yield* Effect.orDie(Schema.encodeEffect(FloorStatusJson)(status))
    return yield* json({
      runId: floor.runId,
      startedAt: floor.startedAt,
      phase: floor.phase,
      nodes,
      venues,
      floor: encoded
    })
  }
  const upMs = status.timeMs - Date.parse(floor.startedAt)
  yield* data(`${onStdout.bold("PAPER")}  ${floor.runId}  ${floor.phase}, up ${durationText(upMs)}`)
  yield* data("")
  yield* data(table(["actor", "name", "node", "condition", "detail"], actorRows(status)))
  yield* data("")
  yield* data(
    table(
      ["node", "state", "pid", "gateway", "detail"],
      nodes.map((each) => [each.node, each.state, String(each.pid), each.url, each.detail])
    )
  )
  if (venues.length > 0) {
    yield* data("")
    yield* data(table(["venue", "node", "requests", "limit used"], venueRows(venues), [3]))
  }
  for (const text of status.accounts.flatMap(troubles)) yield* message(onStderr.yellow(`\n${text}`))
  const unknown = status.accounts.some(({ unknownOrders }) => unknownOrders > 0)
  const next = unknown
    ? "why ORDER, orders --status unknown"
    : "explain STRATEGY, orders, why ORDER, trace --last-filled"
  yield* message(onStderr.dim(`\nNext: ${next}`))
})
