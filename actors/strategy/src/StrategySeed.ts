/** The seed of a strategy's chance, derived from its name: the same on every node and in a back-test. */
import { createHash } from "node:crypto"

export const seedOf = (strategy: string): number => createHash("sha256").update(strategy).digest().readUInt32BE(0)
