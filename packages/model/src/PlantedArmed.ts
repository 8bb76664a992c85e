/** Under the import condition `faults`: at most one bug is planted, by `arm`. */
import type { PlantedBug } from "./Planted.ts"

let armed: string | undefined

/** Plants that bug from now on; undefined: none. */
export const arm = (bug: string | undefined): void => {
  armed = bug
}

export const isArmed = (bug: PlantedBug): boolean => armed === bug
