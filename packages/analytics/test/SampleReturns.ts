/** Two series of returns, and curves of them, that the reference values in the tests are computed from. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { curveOf } from "../src/Returns.ts"

export const sampleReturns = [
  0.012, -0.008, 0.005, 0.021, -0.015, 0.003, -0.027, 0.018, 0.007, -0.004, 0.011, -0.019, 0.024, 0.002, -0.006, 0.009,
  -0.031, 0.016, 0.013, -0.002
]
export const benchmarkReturns = [
  0.01, -0.006, 0.002, 0.015, -0.012, 0.004, -0.02, 0.011, 0.009, -0.001, 0.008, -0.014, 0.017, -0.003, -0.002, 0.005,
  -0.022, 0.012, 0.006, 0.001
]
export const sampleEquity = curveOf(sampleReturns, 1000)
export const benchmarkLevels = curveOf(benchmarkReturns, 50)

export const dayUs = 86_400_000_000
/** 1 January 2024, a Monday. */
export const firstDayUs = 1_704_067_200_000_000
export const days = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, day) => firstDayUs + day * dayUs)

/** Normal returns of a seed: `count` of them, with that mean and deviation. */
export const normalReturns = (seed: number, count: number, mean = 0, deviation = 0.01): Float64Array => {
  const random = new SeededRandom(seed)
  return Float64Array.from({ length: count }, () => mean + deviation * random.normal())
}
