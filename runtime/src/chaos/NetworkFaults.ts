/** What happens to the floor's connections, by its proxies: cuts, partitions both ways and one way, slowness, half-open ends. */
import { Effect } from "effect"
import type { Disturbance, FaultProxy } from "./FaultProxy.ts"
import type { Fault, Stage } from "./Stage.ts"

type Chosen = (stage: Stage) => { readonly name: string; readonly proxies: ReadonlyArray<FaultProxy> }

const toDatabase: Chosen = ({ harness, node }) => ({
  name: `${node.name} to the database`,
  proxies: [harness.links.toDatabase(node.name)]
})
const toExchange: Chosen = ({ harness, node }) => ({
  name: `${node.name} to the exchange`,
  proxies: [harness.links.toExchange(node.name)]
})
const betweenNodes: Chosen = ({ harness, node, peer }) => ({
  name: `${node.name} and ${peer.name}`,
  proxies: [harness.links.between(node.name, peer.name), harness.links.between(peer.name, node.name)]
})
const oneWay: Chosen = ({ harness, node, peer }) => ({
  name: `calls of ${peer.name} to ${node.name}`,
  proxies: [harness.links.between(peer.name, node.name)]
})

const heldMs = 5_000
const slowMs = 4_000

const disturbing = (what: string, chosen: Chosen, disturbance: Disturbance, forMs: number): Fault => ({
  name: what,
  needs: "links",
  strike: Effect.fnUntraced(function* (stage) {
    const { name, proxies } = chosen(stage)
    for (const proxy of proxies) proxy.disturb(disturbance)
    yield* stage.note(`${what}: ${name}`)
    yield* Effect.ensuring(
      Effect.sleep(forMs),
      Effect.sync(() => {
        for (const proxy of proxies) proxy.disturb({})
      })
    )
    yield* stage.note(`${name}: as before`)
  })
})

const cutting = (what: string, chosen: Chosen): Fault => ({
  name: what,
  needs: "links",
  strike: Effect.fnUntraced(function* (stage) {
    const { name, proxies } = chosen(stage)
    for (let times = 0; times < 4; times++) {
      for (const proxy of proxies) proxy.reset()
      yield* stage.note(`every connection of ${name} is reset`)
      yield* Effect.sleep(stage.random.between(100, 900))
    }
  })
})

const held: Disturbance = { up: { hold: true }, down: { hold: true }, connects: "hang" }
const slow: Disturbance = { up: { latencyMs: 150 }, down: { latencyMs: 150 } }

export const networkFaults = {
  databasePartition: disturbing("partition node and database", toDatabase, held, heldMs),
  databaseDeaf: disturbing(
    "node sends to the database and hears nothing",
    toDatabase,
    { down: { hold: true } },
    heldMs
  ),
  databaseSlow: disturbing("database far away (300 ms)", toDatabase, slow, slowMs),
  databaseReset: cutting("connections to the database reset", toDatabase),
  nodesPartition: disturbing("partition node and node", betweenNodes, held, heldMs),
  nodesOneWay: disturbing("partition node and node, one way", oneWay, held, heldMs),
  nodesReset: cutting("connections between nodes reset", betweenNodes),
  exchangePartition: disturbing("partition node and exchange", toExchange, held, heldMs),
  exchangeHalfOpen: disturbing(
    "half-open connections to the exchange",
    toExchange,
    { down: { swallow: true } },
    slowMs
  ),
  exchangeSlow: disturbing(
    "exchange slow and narrow",
    toExchange,
    { up: { latencyMs: 200 }, down: { latencyMs: 200, bytesPerSecond: 256 * 1024 } },
    slowMs
  ),
  exchangeReset: cutting("connections to the exchange reset", toExchange)
}
