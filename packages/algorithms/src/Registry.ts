/** The execution algorithms by name, and where their modules are: they load as any strategy's does. */
const modules = {
  twap: "Twap.ts",
  vwap: "Vwap.ts",
  pov: "PercentOfVolume.ts",
  iceberg: "Iceberg.ts"
} as const

/** The names, for help and for messages. */
export const algorithms: ReadonlyArray<string> = Object.keys(modules)

/** Path of the module whose default export is the strategy; undefined where there is no such algorithm. */
export const algorithmModule = (name: string): string | undefined =>
  Object.hasOwn(modules, name) ? `${import.meta.dirname}/${modules[name as keyof typeof modules]}` : undefined
