import { describe, expect, it } from "vitest"
import { type Colours, palette, textColours, type Theme } from "../../src/report/Palette.ts"
import { heatMost } from "../../src/report/ReturnTables.ts"
import { contrast, mixed } from "./Contrast.ts"

const themes: ReadonlyArray<Theme> = ["light", "dark"]

/** WCAG 2.2, 1.4.3: at least 4.5 to 1 for text of usual size. */
const leastForText = 4.5

describe.each(themes)("the %s theme", (theme) => {
  const colours: Colours = palette[theme]

  it.each(textColours)("has readable text in %s on the page and on cards", (name) => {
    expect(contrast(colours[name], colours.ground)).toBeGreaterThanOrEqual(leastForText)
    expect(contrast(colours[name], colours.card)).toBeGreaterThanOrEqual(leastForText)
  })

  it("has readable text in notices", () => {
    expect(contrast(colours.text, colours.warnGround)).toBeGreaterThanOrEqual(leastForText)
    expect(contrast(colours.warn, colours.warnGround)).toBeGreaterThanOrEqual(leastForText)
  })

  it.each(["good", "bad"] as const)("has readable text on the strongest shade of %s in the monthly table", (tone) => {
    const ground = mixed(colours[tone], colours.ground, heatMost / 100)
    expect(contrast(colours.text, ground)).toBeGreaterThanOrEqual(leastForText)
  })

  it("has borders of controls that can be seen (WCAG 1.4.11: 3 to 1)", () => {
    expect(contrast(colours.dim, colours.ground)).toBeGreaterThanOrEqual(3)
  })
})

it("measures contrast as WCAG defines it", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10)
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2)
})
