/** The hash by which equal runs are known, whichever engine made them. */
import { createHash } from "node:crypto"
import type { BacktestResult } from "./BacktestResult.ts"

const bytesOf = (column: ReadonlyArray<number>): Uint8Array => new Uint8Array(Float64Array.from(column).buffer)

/** SHA-256 (hex) over what a run decided, as JSON, and over the columns of its curve, as the bytes of their doubles. */
export const resultHash = ({ curve, fills, orders }: Pick<BacktestResult, "curve" | "fills" | "orders">): string =>
  createHash("sha256")
    .update(JSON.stringify([orders, fills]))
    .update(bytesOf(curve.timeUs))
    .update(bytesOf(curve.equity))
    .update(bytesOf(curve.exposure))
    .digest("hex")
