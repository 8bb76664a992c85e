/**
 * Which faults a scenario is made of: a scenario is its number. The first forty hold every fault once and a few pairs;
 * from there on chance by the number picks one fault, or two that overlap. The same number is always the same scenario.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { slowConsumers } from "./ClientFaults.ts"
import { databaseFaults as database, promotedBehind } from "./DatabaseFaults.ts"
import { networkFaults as network } from "./NetworkFaults.ts"
import { clockFaults as clock, freezeFaults as freeze, killFaults, stopInOrder } from "./ProcessFaults.ts"
import type { Fault } from "./Stage.ts"
import { marketFaults as market, replyFaults as reply, userStreamFaults as user } from "./VenueFaults.ts"

export interface Scenario {
  /** Its seed. */
  readonly number: number
  readonly faults: ReadonlyArray<Fault>
}

const single = (fault: Fault): ReadonlyArray<Fault> => [fault]

/** In this order each kind of fault comes early, and long ones are spread. */
const first: ReadonlyArray<ReadonlyArray<Fault>> = [
  single(reply.timeout),
  single(freeze.freezePastLease),
  single(database.stopped),
  single(network.databasePartition),
  single(database.promoted),
  single(user.repeated),
  single(network.nodesPartition),
  single(reply.error),
  single(database.crashed),
  single(freeze.freezeBeforeSend),
  single(reply.limited),
  single(database.sessionsEnded),
  single(user.sockets),
  single(reply.banned),
  single(database.diskFull),
  single(reply.maintenance),
  [clock.jumpAhead, market.crossed],
  single(network.exchangeHalfOpen),
  single(clock.behind),
  single(slowConsumers),
  ...killFaults.map(single),
  single(clock.behindAtKill),
  single(clock.behindAtFreeze),
  [network.nodesOneWay, market.frozen],
  [database.sessionsEnded, reply.timeout],
  [freeze.freezePastLease, reply.error],
  [killFaults[3]!, user.repeated],
  [network.databaseDeaf, user.sockets],
  // Last: the floor has lost facts and is not gone on with.
  single(promotedBehind)
]

/** Every fault there is. */
export const faults: ReadonlyArray<Fault> = [
  ...killFaults,
  stopInOrder,
  slowConsumers,
  ...[freeze, clock, database, network, reply, user, market].flatMap((group): ReadonlyArray<Fault> =>
    Object.values(group)
  )
]

const overlapShare = 0.6

export const scenarioOf = (number: number): Scenario => {
  const listed = first[number - 1]
  if (listed !== undefined) return { number, faults: listed }
  const random = new SeededRandom(number)
  const one = faults[random.between(0, faults.length - 1)]!
  if (!random.chance(overlapShare)) return { number, faults: [one] }
  const others = faults.filter((fault) => fault.needs !== one.needs)
  return { number, faults: [one, others[random.between(0, others.length - 1)]!] }
}
