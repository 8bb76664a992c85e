import { Effect } from "effect"
export const run = (_o: unknown) => Effect.void
