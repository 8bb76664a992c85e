/** The averages a parameter may choose from; all have a warm-up of n − 1. */
import { Ema, Rma } from "./ExponentialAverage.ts"
import type { Series } from "./Kernel.ts"
import { Sma } from "./MovingSum.ts"
import { Wma } from "./WeightedAverage.ts"

export const averageKinds = ["sma", "ema", "rma", "wma"] as const
export type AverageKind = (typeof averageKinds)[number]

export const averageOf = (kind: AverageKind, length: number): Series => {
  switch (kind) {
    case "sma":
      return new Sma(length)
    case "ema":
      return new Ema(length)
    case "rma":
      return new Rma(length)
    case "wma":
      return new Wma(length)
  }
}
