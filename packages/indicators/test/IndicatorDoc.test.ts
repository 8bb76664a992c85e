/** docs/indicators.md says what the registry says. */
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { indicators } from "../src/Registry.ts"
import { indicatorDoc } from "./IndicatorDoc.ts"

const stale =
  "docs/indicators.md is stale: make it anew with npm test -- packages/indicators/test/IndicatorDoc.test.ts -u"

describe("docs/indicators.md", () => {
  it("is what the registry says", async () => {
    const path = fileURLToPath(new URL("../../../docs/indicators.md", import.meta.url))
    await expect(indicatorDoc(), stale).toMatchFileSnapshot(path)
  })

  it("has a formula and a source for every indicator", () => {
    for (const { formula, name, source } of indicators) {
      expect(formula.length, name).toBeGreaterThan(3)
      expect(source, name).toMatch(/^[A-Z]/)
    }
  })
})
