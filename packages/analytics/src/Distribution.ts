/**
 * The normal distribution and Student's t: density, probability and quantile. The normal probability is accurate to about
 * 1e-15 absolute, the quantile and t to about 1e-13.
 */
import { refuse, requireProbability } from "./Series.ts"

export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)

/** Above this the upper tail is a continued fraction, below it a series. */
const tailFrom = 3

/** P(Z > z) for z ≥ 0, the Mills ratio as Laplace's continued fraction (Abramowitz and Stegun 26.2.14), evaluated from its end. */
const upperTail = (z: number): number => {
  let fraction = z
  for (let term = 160; term > 0; term--) fraction = z + term / fraction
  return normalDensity(z) / fraction
}

/** P(Z ≤ z). Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.11 and 26.2.14. */
export const normalProbability = (z: number): number => {
  if (z > tailFrom) return 1 - upperTail(z)
  if (z < -tailFrom) return upperTail(-z)
  let term = z
  let sum = z
  for (let odd = 3; Math.abs(term) > 1e-18; odd += 2) sum += term *= (z * z) / odd
  return 0.5 + sum * normalDensity(z)
}

/** The z with P(Z ≤ z) = p: Newton's steps with Halley's correction on `normalProbability`, from a rational start (26.2.23). */
export const normalQuantile = (probability: number): number => {
  requireProbability("probability", probability)
  if (probability > 0.5) return -normalQuantile(1 - probability)
  if (probability === 0.5) return 0
  const t = Math.sqrt(-2 * Math.log(probability))
  let z = -(
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  )
  for (let round = 0; round < 4; round++) {
    const step = (normalProbability(z) - probability) / normalDensity(z)
    z -= step / (1 + (z * step) / 2)
  }
  return z
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7
]

/** ln Γ(x) for x > 0 (Lanczos, 1964; g = 7, nine terms). */
const logGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  let sum = lanczos[0]!
  for (let index = 1; index < lanczos.length; index++) sum += lanczos[index]! / (x - 1 + index)
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

/** The incomplete beta function's continued fraction (DLMF 8.17.22), by Lentz's method. */
const betaFraction = (x: number, a: number, b: number): number => {
  const tiny = 1e-300
  const kept = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= 400; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / kept(1 + even * d)
    c = kept(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / kept(1 + odd * d)
    c = kept(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return fraction
}

/** The regularised incomplete beta function Iₓ(a, b). */
const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b
}

/** P(|T| ≥ |t|) of Student's t: how likely a statistic as far from 0 is by chance. Source: Abramowitz and Stegun 26.7.1. */
export const studentTwoSided = (t: number, degrees: number): number => {
  if (!(degrees > 0)) refuse("degrees", `is ${degrees}`, "Give more than one observation")
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
}
