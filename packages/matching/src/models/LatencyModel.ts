/**
 * How long an order and a cancel take to the venue, and a report back, in µs. Deterministic by seed. Messages of one way
 * never overtake one another: whoever uses the model keeps their order, as one connection does.
 *
 * `jitter` adds an exponentially distributed wait: what a queue in front of a server adds (M/M/1; Kleinrock, "Queueing
 * Systems", 1975).
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { requireWithin } from "./InvalidModel.ts"

export interface Delays {
  readonly orderUs: number
  /** Default: as an order. */
  readonly cancelUs?: number
  /** Default 0. */
  readonly reportUs?: number
}

export type Latency =
  | { readonly kind: "none" }
  | ({ readonly kind: "constant" } & Delays)
  /** `jitterUs` is the mean of what is added to each. */
  | ({ readonly kind: "jitter"; readonly jitterUs: number } & Delays)

export type LatencyWay = "order" | "cancel" | "report"

export interface LatencyModel {
  readonly latency: Latency
  /** Whole µs, 0 or more. */
  readonly delayUs: (way: LatencyWay) => number
}

const dayUs = 86_400_000_000

/** Throws InvalidModel where a number makes no sense. */
export const latencyModel = (latency: Latency, seed: number): LatencyModel => {
  if (latency.kind === "none") return { latency, delayUs: () => 0 }
  const model = `${latency.kind} latency`
  const read = (field: string, value: number): number => Math.round(requireWithin(model, field, value, 0, dayUs))
  const order = read("orderUs", latency.orderUs)
  const cancel = read("cancelUs", latency.cancelUs ?? order)
  const report = read("reportUs", latency.reportUs ?? 0)
  const base = (way: LatencyWay): number => (way === "order" ? order : way === "cancel" ? cancel : report)
  if (latency.kind === "constant") return { latency, delayUs: base }
  const jitter = requireWithin(model, "jitterUs", latency.jitterUs, 0, dayUs)
  const random = new SeededRandom(seedFor(seed, "latency"))
  return { latency, delayUs: (way) => base(way) + Math.round(random.exponential(jitter)) }
}
