/**
 * The pages as a reader's browser shows them. Needs a Chromium: where CHROMIUM names its path, or at /usr/bin/chromium;
 * where there is none, these tests say so and are left out.
 */
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { comparisonPage } from "../../src/report/ComparisonPage.ts"
import { readCsv } from "../../src/report/Csv.ts"
import { tearSheet } from "../../src/report/TearSheet.ts"
import { cellsOf, faintTexts, nameless, stickingOut, tooSmall } from "./BrowserProbe.ts"
import { oneDay, portfolio, sampleBenchmark, sampleMetrics, tenYears, withoutTrades } from "./SampleRun.ts"

const executable = [process.env["CHROMIUM"], "/usr/bin/chromium"].find((path) => {
  if (path === undefined || path === "") return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
})
const title =
  executable === undefined
    ? "reports in a browser: NOT RUN, there is no Chromium at $CHROMIUM or /usr/bin/chromium"
    : "reports in a browser"

if (executable === undefined) console.warn(title)

const run = tenYears()
const pages = {
  "ten years": () => tearSheet({ result: run, metrics: sampleMetrics(run), benchmark: sampleBenchmark(run) }),
  "no trades": () => tearSheet({ result: withoutTrades(), metrics: sampleMetrics(withoutTrades()) }),
  "one day": () => tearSheet({ result: oneDay(), metrics: sampleMetrics(oneDay()) }),
  portfolio: () =>
    tearSheet({
      result: portfolio(),
      metrics: sampleMetrics(portfolio()),
      tables: [
        {
          title: "Walk-forward",
          note: "Each window was tuned on the two years before it.",
          columns: [{ title: "Window" }, { title: "Lookback", unit: "count" }, { title: "Return", unit: "change" }],
          rows: [
            ["2018", 90, 0.31],
            ["2019", 60, undefined]
          ]
        }
      ]
    }),
  comparison: () =>
    comparisonPage([
      { name: "base", result: run, metrics: sampleMetrics(run) },
      { name: "fewer", result: tenYears(300), metrics: sampleMetrics(tenYears(300)) }
    ])
} as const
type Name = keyof typeof pages
const names = Object.keys(pages) as ReadonlyArray<Name>

describe.skipIf(executable === undefined)(title, () => {
  let browser: Browser
  let folder: string
  const addressOf = (name: Name): string => pathToFileURL(join(folder, `${name}.html`)).href

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "outcry-report-"))
    for (const name of names) writeFileSync(join(folder, `${name}.html`), pages[name]())
    browser = await chromium.launch({
      executablePath: executable!,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync"
      ]
    })
  })

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Opens a page, hands it to `use`, and fails if it complained or asked for anything but itself. */
  const opened = async (
    name: Name,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>
  ): Promise<void> => {
    const context = await browser.newContext(options)
    try {
      const page = await context.newPage()
      const complaints: Array<string> = []
      const requests: Array<string> = []
      page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`))
      page.on("pageerror", (error) => complaints.push(String(error)))
      page.on("request", (request) => requests.push(request.url()))
      await page.goto(addressOf(name))
      await use(page)
      expect(complaints).toEqual([])
      expect(requests.filter((url) => url !== addressOf(name) && !url.startsWith("blob:"))).toEqual([])
    } finally {
      await context.close()
    }
  }

  const themes = names.flatMap((name) => (["light", "dark"] as const).map((colorScheme) => ({ name, colorScheme })))
  it.each(themes)(
    "$name, $colorScheme: on any width nothing sticks out and every text can be read",
    async ({ colorScheme, name }) => {
      await opened(name, { colorScheme }, async (page) => {
        expect(await page.evaluate(nameless)).toEqual([])
        expect(await page.evaluate(tooSmall)).toEqual([])
        for (const width of [1440, 768, 390, 360]) {
          await page.setViewportSize({ width, height: 900 })
          expect(await page.evaluate(stickingOut), `at ${width} px`).toEqual([])
          expect(await page.evaluate(faintTexts), `at ${width} px`).toEqual([])
        }
      })
    }
  )

  it("switches its theme by the button, and stays readable", async () => {
    await opened("ten years", { colorScheme: "light" }, async (page) => {
      const ground = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor")
      const light = await ground()
      await page.locator(".theme").focus()
      await page.keyboard.press("Enter")
      expect(await ground()).not.toBe(light)
      expect(await page.evaluate(faintTexts)).toEqual([])
      await page.keyboard.press("Enter")
      expect(await ground()).toBe(light)
    })
  })

  it("shows the same rows with and without its script", async () => {
    const cells = cellsOf("[data-table=trades]")
    let plain: unknown
    await opened("one day", { javaScriptEnabled: false }, async (page) => {
      // The page's own script is off; the tools that need it stay hidden.
      plain = await page
        .locator("[data-table=trades] tbody tr")
        .evaluateAll((rows) => rows.map((row) => row.textContent))
      expect(await page.locator("[data-table=trades] .csv").isVisible()).toBe(false)
    })
    await opened("one day", {}, async (page) => {
      const rows: Array<Array<string>> = await page.evaluate(cells)
      expect(rows).toHaveLength(50)
      expect(rows.map((row) => row.join(""))).toEqual(plain)
    })
  })

  it("sorts by keyboard alone, both ways", async () => {
    await opened("ten years", {}, async (page) => {
      const profits = run.trades.map(({ profit }) => profit).toSorted((one, other) => one - other)
      const shown = async (): Promise<number> => {
        const rows: Array<Array<string>> = await page.evaluate(cellsOf("[data-table=trades]"))
        return Number(rows[0]![8]!.replaceAll(",", "").replace("−", "-"))
      }
      const head = page.locator("[data-table=trades] th", { hasText: "Profit" })
      await head.locator("button").focus()
      await page.keyboard.press("Enter")
      expect(await head.getAttribute("aria-sort")).toBe("descending")
      expect(await shown()).toBeCloseTo(profits.at(-1)!, 2)
      await page.keyboard.press("Space")
      expect(await head.getAttribute("aria-sort")).toBe("ascending")
      expect(await shown()).toBeCloseTo(profits[0]!, 2)
    })
  })

  it("filters and turns pages", async () => {
    await opened("ten years", {}, async (page) => {
      const said = page.locator("[data-table=trades] .said")
      expect(await said.textContent()).toBe("1–50 of 640")
      await page.locator(".next").click()
      expect(await said.textContent()).toBe("51–100 of 640")
      await page.locator(".find").fill("btc")
      const own = run.trades.filter(({ instrument }) => instrument.includes("BTC"))
      expect(await said.textContent()).toBe(`1–50 of ${own.length}`)
      await page.locator(".only").selectOption("won")
      expect(await said.textContent()).toBe(`1–50 of ${own.filter(({ profit }) => profit > 0).length}`)
      await page.locator(".find").fill("no such thing")
      expect(await said.textContent()).toBe("None match.")
    })
  })

  it("saves all its round trips as CSV", async () => {
    await opened("ten years", { acceptDownloads: true }, async (page) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".csv").click()])
      expect(download.suggestedFilename()).toBe("momentum-trades.csv")
      const [head, ...rows] = readCsv(readFileSync(await download.path(), "utf8"))
      expect(rows).toHaveLength(run.trades.length)
      const column = (key: string): number => head!.indexOf(key)
      rows.forEach((row, at) => {
        const trade = run.trades[at]!
        expect(Date.parse(row[column("timeExit")]!) * 1000).toBe(trade.timeExit)
        expect(Number(row[column("profit")])).toBeCloseTo(trade.profit, 3)
        expect(row[column("instrument")]).toBe(trade.instrument)
      })
    })
  })

  it("tells what is under the pointer and the arrow keys", async () => {
    await opened("ten years", {}, async (page) => {
      const chart = page.locator("[data-chart=equity]")
      const tip = chart.locator(".tip")
      expect(await tip.isVisible()).toBe(false)
      await chart.focus()
      await page.keyboard.press("End")
      expect(await tip.textContent()).toContain("2023-12-30")
      expect(await tip.textContent()).toContain(
        run.equityEnd.toLocaleString("en-US", { maximumFractionDigits: 2, minimumFractionDigits: 2 })
      )
      await page.keyboard.press("ArrowLeft")
      expect(await tip.textContent()).not.toContain("2023-12-30")
      await page.keyboard.press("Escape")
      expect(await tip.isVisible()).toBe(false)
      await chart.locator(".panel").first().hover()
      expect(await tip.isVisible()).toBe(true)
    })
  })

  it("prints on white within a page of A4, without its tools", async () => {
    await opened("ten years", { colorScheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print" })
      // A4 less margins of 12 mm, at 96 dots an inch.
      await page.setViewportSize({ width: 703, height: 1000 })
      expect(await page.evaluate(stickingOut)).toEqual([])
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)")
      expect(await page.locator("[data-table=trades] .csv").isVisible()).toBe(false)
      expect(await page.evaluate(faintTexts)).toEqual([])
    })
  })
})
