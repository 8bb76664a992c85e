/** A model of costs or delays was given a number that makes no sense; the message names the field and what to give. */
export class InvalidModel extends Error {
  readonly _tag = "InvalidModel"
  readonly model: string
  readonly field: string

  constructor(model: string, field: string, value: unknown, wanted: string) {
    super(`${model}: ${field} ${String(value)} is not ${wanted}. Give ${wanted}.`)
    this.model = model
    this.field = field
  }
}

/** The number itself where it lies within; throws InvalidModel otherwise. */
export const requireWithin = (model: string, field: string, value: number, least: number, most: number): number => {
  if (Number.isFinite(value) && value >= least && value <= most) return value
  const upTo = most === Number.MAX_VALUE ? `a number from ${least} on` : `a number from ${least} to ${most}`
  throw new InvalidModel(model, field, value, upTo)
}
