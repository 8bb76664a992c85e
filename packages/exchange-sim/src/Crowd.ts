/**
 * Who trades in an agent market by default: five makers from tight and small to wide and large, takers of several minds
 * and patient traders. Tuned (see AgentMarket.test) for 20 to 60 book changes and 3 to 10 trades a second.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import type { Agent, AgentOptions } from "./Agent.ts"
import { MakerAgent } from "./MakerAgent.ts"
import { PatientAgent } from "./PatientAgent.ts"
import { InformedTaker, NoiseTaker, TrendTaker } from "./TakerAgents.ts"

export interface CrowdOptions {
  readonly seed: number
  readonly symbol: string
  /** How much faster than usual everyone acts; 1 is usual. */
  readonly activity: number
}

const makers = [
  { halfSpreadBps: 0.6, quoteSize: 3_000, ordersPerSide: 1, reactionMs: 250 },
  { halfSpreadBps: 0.9, quoteSize: 5_000, ordersPerSide: 1, reactionMs: 400 },
  { halfSpreadBps: 1.5, quoteSize: 8_000, ordersPerSide: 2, reactionMs: 600 },
  { halfSpreadBps: 3, quoteSize: 12_000, ordersPerSide: 4, reactionMs: 1_000 },
  { halfSpreadBps: 6, quoteSize: 30_000, ordersPerSide: 8, reactionMs: 2_500 }
]

const roles: ReadonlyArray<(options: AgentOptions) => Agent> = [
  ...makers.map((maker) => (options: AgentOptions) => new MakerAgent({ ...options, ...maker })),
  (options) => new NoiseTaker({ ...options, intervalMs: 1_100, quoteSize: 700 }),
  (options) => new NoiseTaker({ ...options, intervalMs: 1_500, quoteSize: 2_000 }),
  (options) => new InformedTaker({ ...options, intervalMs: 300, quoteSize: 8_000, edgeBps: 1.5 }),
  (options) => new TrendTaker({ ...options, intervalMs: 900, quoteSize: 1_500, direction: 1, thresholdBps: 2 }),
  (options) => new TrendTaker({ ...options, intervalMs: 1_100, quoteSize: 1_500, direction: -1, thresholdBps: 4 }),
  (options) => new PatientAgent({ ...options, intervalMs: 200, quoteSize: 1_500, ordersMax: 40 }),
  (options) => new PatientAgent({ ...options, intervalMs: 600, quoteSize: 4_000, ordersMax: 30 })
]

/** The agents, makers first: whoever comes first in the list acts first at the same instant. */
export const makeCrowd = ({ seed, symbol, activity }: CrowdOptions): ReadonlyArray<Agent> =>
  roles.map((role, index) => role({ random: new SeededRandom(seedFor(seed, `${symbol} agent ${index}`)), activity }))
