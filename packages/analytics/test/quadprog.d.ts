/** Goldfarb and Idnani's dual method, as published for R; everything counts from 1. Constraints: Amatᵀ x ≥ bvec. */
declare module "quadprog" {
  interface Answer {
    readonly solution: ReadonlyArray<number>
    readonly message: string
  }
  export const solveQP: (
    dmat: ReadonlyArray<ReadonlyArray<number>>,
    dvec: ReadonlyArray<number>,
    amat: ReadonlyArray<ReadonlyArray<number>>,
    bvec: ReadonlyArray<number>,
    meq: number
  ) => Answer
}
