/** What a record must say so that others can run it again: the versions of what was run. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const versionIn = (file: string): string => {
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : ""
}

export const versionsOf = (): Readonly<Record<string, string>> => {
  const require = createRequire(import.meta.url)
  return {
    outcry: versionIn(new URL("../../../package.json", import.meta.url).pathname),
    effect: versionIn(require.resolve("effect/package.json")),
    postgres: "18"
  }
}
