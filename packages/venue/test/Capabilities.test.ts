import { derive } from "@outcry/model/ClientOrderId"
import { orderTypes } from "@outcry/model/Order"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { capabilities, capabilitiesOf, type VenueCapabilities } from "../src/Capabilities.ts"

const yes = (value: boolean): string => (value ? "yes" : "–")

/** The table of docs/venues.md. */
const columns: ReadonlyArray<readonly [string, (venue: VenueCapabilities) => string]> = [
  ["venue", (venue) => `${venue.venue}${venue.adapter ? "" : " *"}`],
  ["native types", (venue) => orderTypes.filter((type) => venue.types.includes(type)).join(", ")],
  [
    "trail",
    ({ trailBps, trailTicks }) =>
      [trailBps === undefined ? "" : `${trailBps[0]}–${trailBps[1]} bp`, trailTicks ? "amount" : ""]
        .filter((text) => text !== "")
        .join(", ") || "–"
  ],
  ["in force", (venue) => venue.timesInForce.join(", ")],
  ["iceberg", (venue) => yes(venue.iceberg)],
  ["our id goes in", ({ clientId }) => `${clientId.field}, ≤ ${clientId.lengthMost}`],
  ["found by", ({ clientId }) => clientId.lookup],
  ["expiry at the venue", (venue) => venue.expiry || "none: a frozen sender is not fenced"],
  ["id in use", (venue) => venue.duplicateCodes.join(", ") || "–"],
  ["dead-man switch", (venue) => yes(venue.deadManSwitch)]
]

const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const table = [
  row(columns.map(([name]) => name)),
  row(columns.map(() => "---")),
  ...capabilities.map((venue) => row(columns.map(([, cell]) => cell(venue))))
].join("\n")

describe("Capabilities", () => {
  it("are what docs/venues.md shows", () => {
    const page = readFileSync(new URL("../../../docs/venues.md", import.meta.url), "utf8")
    // The formatter lines columns up.
    const lines = page.split("\n").map((line) => line.replace(/ +/g, " ").replace(/-{3,}/g, "---"))
    const first = lines.findIndex((line) => line.startsWith("| venue |"))
    const shown = lines.slice(first, first + capabilities.length + 2).join("\n")
    expect(shown).toBe(table)
  })

  it("have room for our client ids at every venue", () => {
    const id = derive("0".repeat(32), "main", "quoter", 1)
    for (const { clientId } of capabilities) expect(id.length).toBeLessThanOrEqual(clientId.lengthMost)
    expect(id).not.toMatch(/^t/)
  })

  it("say that an order without trigger can be placed everywhere", () => {
    for (const { timesInForce, types } of capabilities) {
      expect(types).toEqual(expect.arrayContaining(["limit", "market"]))
      expect(timesInForce).toContain("GTC")
    }
    expect(capabilitiesOf("binance")?.adapter).toBe(true)
    expect(capabilitiesOf("nowhere")).toBeUndefined()
  })
})
