/**
 * What a portfolio's weights may be, as data: to be stored, edited and shown. Weights are fractions of equity, below 0 for
 * short positions. Without anything said: long only, fully invested, each asset up to all of it.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { InvalidInput } from "./AnalyticsError.ts"

const Weight = Schema.Finite.check(Schema.isBetween({ minimum: -100, maximum: 100 }))
const Size = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))

const Range = Schema.Struct({ min: Schema.optionalKey(Weight), max: Schema.optionalKey(Weight) })

export const PortfolioConstraints = Schema.Struct({
  /** Least weight of each asset; 0 unless given. Below 0 allows short positions. */
  weightMin: Schema.optionalKey(Weight),
  /** Most weight of each asset; 1 unless given. */
  weightMax: Schema.optionalKey(Weight),
  /** By asset: in place of the two above, each where it is given. */
  assets: Schema.optionalKey(Schema.Record(Schema.String, Range)),
  /** By sector: the sum of the weights of its assets. */
  sectors: Schema.optionalKey(Schema.Record(Schema.String, Range)),
  /** Least sum of all weights; 1 unless given. What is missing to 1 is held as cash at the risk-free rate. */
  netMin: Schema.optionalKey(Weight),
  /** Most sum of all weights; 1 unless given. Above 1 borrows at the risk-free rate. */
  netMax: Schema.optionalKey(Weight),
  /** Most sum of the sizes of all weights: leverage. */
  grossMax: Schema.optionalKey(Size),
  /** Most sum of the sizes of changes from the current weights: bought and sold together. */
  turnoverMax: Schema.optionalKey(Size)
})
export type PortfolioConstraints = typeof PortfolioConstraints.Type

const decode = Schema.decodeUnknownResult(PortfolioConstraints, { onExcessProperty: "error", errors: "all" })
const explain = SchemaIssue.makeFormatterStandardSchemaV1()

const known = Object.keys(PortfolioConstraints.fields).join(", ")

const refuse = (field: string, reason: string, remedy: string): never => {
  throw new InvalidInput({ field, reason, remedy })
}

const requireOrder = (field: string, min: number, max: number): void => {
  if (min > max) refuse(field, `allows at least ${min} and at most ${max}`, "Give a least that is not above the most")
}

/** Constraints as they come from a file, a form or a request; throws InvalidInput, which names the field. */
export const parseConstraints = (input: unknown): PortfolioConstraints => {
  const decoded = decode(input)
  if (Result.isFailure(decoded)) {
    const [first] = explain(decoded.failure.issue).issues
    const path = (first?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
    return refuse(path === "" ? "constraints" : path, `is not valid: ${first?.message}`, `Known fields: ${known}`)
  }
  return requireConsistent(decoded.success)
}

/** Throws InvalidInput where a least is above its most. What excludes each other across fields is found by the optimiser. */
export const requireConsistent = (constraints: PortfolioConstraints): PortfolioConstraints => {
  const { assets = {}, netMax = 1, netMin = 1, sectors = {}, weightMax = 1, weightMin = 0 } = constraints
  requireOrder("weightMin, weightMax", weightMin, weightMax)
  requireOrder("netMin, netMax", netMin, netMax)
  for (const [id, { max = weightMax, min = weightMin }] of Object.entries(assets))
    requireOrder(`assets.${id}`, min, max)
  for (const [id, { max = Infinity, min = -Infinity }] of Object.entries(sectors))
    requireOrder(`sectors.${id}`, min, max)
  return constraints
}
