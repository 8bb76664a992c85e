/** No bug is ever planted in the shipped program. */
import type { PlantedBug } from "./Planted.ts"

export const isArmed = (_bug: PlantedBug): boolean => false
