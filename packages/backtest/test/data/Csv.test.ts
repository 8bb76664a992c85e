/** Separated values of every dialect seen in the wild; what cannot be told is refused, what is inferred is told. */
import { gzipSync } from "node:zlib"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { binanceBtcUsdt as btc } from "@outcry/testkit/Instruments"
import { describe, expect, it, onTestFinished } from "vitest"
import { importBars, readBarCsv } from "../../src/data/BarCsv.ts"
import { DataError } from "../../src/data/DataError.ts"
import { importKlines, readKlines } from "../../src/data/KlineArchive.ts"
import { importQuotes, importTrades, readQuoteCsv, readTradeCsv } from "../../src/data/TickCsv.ts"
import { formatOf, timeIn } from "../../src/data/TimeText.ts"
import { zipOf } from "./ZipText.ts"

const instrument = "test:X/USD"
const start = 1_583_020_800_000_000 // 2020-03-01T00:00:00Z
const minute = 60_000_000

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "outcry-csv-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe("times", () => {
  it.each([
    ["2020-03-01", "iso", start],
    ["2020-03-01T00:01:00Z", "iso", start + minute],
    ["2020-03-01 00:01", "iso", start + minute],
    ["2020-03-01T01:01:00+01:00", "iso", start + minute],
    ["2020-02-29T19:01:00.000-0500", "iso", start + minute],
    ["2020.03.01 00:01:00", "iso", start + minute],
    ["2020/3/1 0:01:00 UTC", "iso", start + minute],
    ["2020-03-01T00:00:00.1234567Z", "iso", start + 123_456],
    ["20200301 00:01", "iso", start + minute],
    ["20200301 000100", "iso", start + minute],
    ["20200301", "day", start],
    ["1583020860", "s", start + minute],
    ["1583020860.5", "s", start + minute + 500_000],
    ["1583020860000", "ms", start + minute],
    ["1583020860000001", "us", start + minute + 1],
    ["1583020860000001999", "ns", start + minute + 1]
  ] as const)("%s is read as %s", (text, format, time) => {
    expect(formatOf(text)).toBe(format)
    expect(timeIn(format, text)).toBe(time)
  })

  it.each([
    "",
    "x",
    "12345",
    "2020-02-30",
    "20200230 00:00",
    "2020-03-01T24:00:00Z",
    "2020-13-01",
    "-5",
    "01/02/2020",
    "2020-03-01T00:00Zulu"
  ])("%j is no time", (text) => {
    expect(formatOf(text)).toBeUndefined()
  })
})

describe("bars from separated values", () => {
  const row = [100, 101.5, 99, 100.5, 12]

  it.each([
    ["a plain file with header", "time,open,high,low,close,volume\n1583020800,T\n1583020860,T"],
    ["no header", "1583020800000,T\n1583020860000,T"],
    [
      "columns in another order",
      "Volume,Close,Low,High,Open,Timestamp\n12,100.5,99,101.5,100,1583020800\n12,100.5,99,101.5,100,1583020860"
    ],
    [
      "Windows line ends, a mark at the start, spaces and a comment",
      "\uFEFFTime, Open, High, Low, Close, Volume\r\n# made by hand\r\n2020-03-01T00:00:00Z, T\r\n\r\n2020-03-01T00:01:00Z, T\r\n"
    ],
    [
      "day and time of day apart, tabs",
      "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<VOL>\n2020.03.01\t00:00:00\tT\n2020.03.01\t00:01:00\tT"
    ],
    [
      "quotes around cells",
      '"date","open","high","low","close","volume"\n"2020-03-01 00:00","100","101.5","99","100.5","12"\n"2020-03-01 00:01","100","101.5","99","100.5","12"'
    ],
    [
      "semicolons and columns of no interest",
      "Date;Adj Close;Open;High;Low;Close;Volume\n2020-03-01;1;T\n2020-03-01T00:01:00;1;T"
    ]
  ])("reads %s", (_, text) => {
    const separator = /[;\t]/.exec(text)?.[0] ?? ","
    const { bars, notes } = importBars(
      text
        .replaceAll("T\n", `${row.join(separator)}\n`)
        .replaceAll("T\r", `${row.join(separator)}\r`)
        .replace(/T$/, row.join(separator)),
      "a.csv",
      { instrument }
    )
    expect([...bars.timeOpen]).toEqual([start, start + minute])
    for (const at of [0, 1]) {
      expect([bars.open[at], bars.high[at], bars.low[at], bars.close[at], bars.volume[at]]).toEqual(row)
    }
    expect(bars.intervalUs).toBe(minute)
    expect(notes.join("\n")).toMatch(/Times are read as/)
    expect(notes.join("\n")).toMatch(/interval is taken to be 60 s, as between 1 of 1/)
  })

  it("takes columns, format, interval and lines to skip as stated", () => {
    const text = "made by a vendor\nwhen;first;top;bottom;final\n1583020860;1;2;0.5;1.5"
    const columns = { time: "when", open: "first", high: 2, low: "bottom", close: "final" }
    const { bars, notes } = importBars(text, "a.csv", {
      instrument,
      columns,
      skipLines: 1,
      timeFormat: "s",
      intervalUs: minute,
      timeIs: "close"
    })
    expect([bars.timeOpen[0], bars.open[0], bars.high[0], bars.low[0], bars.close[0]]).toEqual([start, 1, 2, 0.5, 1.5])
    expect(notes).toContain("Rows without a volume have been given 0.")
    expect(notes.join()).not.toMatch(/Times are read as|interval is taken/)
  })

  it.each<[string, string, RegExp, Partial<Parameters<typeof importBars>[2]>?]>([
    ["nothing", "", /holds no row/],
    ["a header alone", "time,open,high,low,close,volume\n", /holds no row/],
    ["no separator", "hello\nworld", /line 1: it has no separator.*State the separator/],
    [
      "a column missing",
      "time,open,high,low,volume\n1,2,3,4,5",
      /close: no column is titled so\. Map it to one of the columns time, open/
    ],
    ["too few columns without header", "1583020800,1,2,3", /close: there is no header and it is not among 4 columns/],
    [
      "a decimal comma",
      "time;open;high;low;close\n1583020800;1,5;2;1;1",
      /line 2, open: "1,5" has a decimal comma\. Write numbers with a decimal point/
    ],
    ["thousands", 'time,open,high,low,close\n1583020800,"1,500.25",2,1,1', /thousands parted.*decimal point/],
    ["a word", "time,open,high,low,close\n1583020800,n/a,2,1,1", /line 2, open: "n\/a" is no number/],
    ["an empty price", "time,open,high,low,close\n1583020800,,2,1,1", /line 2, open: "" is no number/],
    ["a number beyond floats", "time,open,high,low,close\n1583020800,1e999,2,1,1", /beyond what a number holds/],
    ["a short row", "time,open,high,low,close\n1583020800,1,2,1", /line 2, close: it has 4 cells/],
    [
      "a decimal comma among commas",
      "time,open,high,low,close\n1583020800,1,5,2,1,1",
      /line 2: it has 6 cells, the first line 5\. Write numbers with a decimal point/
    ],
    [
      "a unit that changes",
      "time,open,high,low,close\n1583020800000,1,2,1,1\n1583020860,1,2,1,1",
      /line 3, time: "1583020860" is not milliseconds since 1970/
    ],
    [
      "a day that is none",
      "time,open,high,low,close\n2020-02-30,1,2,1,1",
      /"2020-02-30" is not a time in any known format/
    ],
    ["an open quote", 'time,open,high,low,close\n"1583020800,1,2,1,1', /a quote is not closed/],
    ["one bar without interval", "1583020800,1,2,1,1,1", /State intervalUs/],
    [
      "a mapping to no column",
      "time,open,high,low,close\n1583020800,1,2,1,1",
      /open: no column is titled "first"/,
      { columns: { open: "first" } }
    ],
    [
      "a mapping to no place",
      "time,open,high,low,close\n1583020800,1,2,1,1",
      /open: column 9 is not among 5/,
      { columns: { open: 9 } }
    ],
    [
      "a mapping of no field",
      "time,open,high,low,close\n1583020800,1,2,1,1",
      /price: no such field is read here/,
      { columns: { price: 1 } }
    ]
  ])("refuses %s", (_, text, says, options = {}) => {
    const attempt = () => importBars(text, "a.csv", { instrument, ...options })
    expect(attempt).toThrow(DataError)
    expect(attempt).toThrow(says)
  })

  it("reads files, plain, gzipped and in archives", async () => {
    const text = `time,open,high,low,close,volume\n1583020800,${row.join()}\n1583020860,${row.join()}\n`
    const here = folder()
    writeFileSync(join(here, "a.csv"), text)
    writeFileSync(join(here, "a.csv.gz"), gzipSync(text))
    writeFileSync(join(here, "a.zip"), zipOf([{ name: "a.csv", text }]))
    const expected = importBars(text, "a.csv", { instrument }).bars
    for (const name of ["a.csv", "a.csv.gz", "a.zip"]) {
      expect((await readBarCsv(join(here, name), { instrument })).bars).toEqual(expected)
    }
    writeFileSync(join(here, "cut.csv.gz"), gzipSync(text).subarray(0, 30))
    await expect(readBarCsv(join(here, "cut.csv.gz"), { instrument })).rejects.toThrow(
      /cut\.csv\.gz: it ends too early/
    )
    writeFileSync(join(here, "bad.csv.gz"), text)
    await expect(readBarCsv(join(here, "bad.csv.gz"), { instrument })).rejects.toMatchObject({ problem: "corrupt" })
    await expect(readBarCsv(join(here, "none.csv"), { instrument })).rejects.toMatchObject({ problem: "missing" })
  })

  it("answers any text with rows or a DataError", () => {
    const random = new SeededRandom(20_240_808)
    const pieces = [
      "time",
      "open",
      "close",
      "1583020800",
      "1",
      "1.5",
      "-2",
      "1e5",
      ",",
      ",",
      ",",
      ";",
      "\t",
      "|",
      '"',
      "\n",
      "\n",
      "\r\n",
      " ",
      "#",
      "é",
      "\u0000",
      "2020-03-01",
      "NaN",
      "Infinity",
      "1,5",
      "high,low",
      "volume"
    ]
    const sound = `time,open,high,low,close,volume\n${Array.from({ length: 5 }, (_, at) => `${1583020800 + at * 60},1,2,0.5,1.5,3`).join("\n")}`
    let rows = 0
    let refused = 0
    for (let round = 0; round < 1_500; round++) {
      let text = ""
      if (round % 2 === 0) for (let at = random.between(0, 60); at > 0; at--) text += random.pick(pieces)
      else {
        const at = random.between(0, sound.length)
        text = sound.slice(0, at) + random.pick(pieces) + sound.slice(at + random.between(0, 3))
      }
      for (const attempt of [
        () => importBars(text, "fuzz", { instrument }).bars.timeOpen.length,
        () => importKlines(text, "fuzz", instrument).bars.timeOpen.length,
        () => importTrades(text, "fuzz", btc).columns.time.length,
        () => importQuotes(text, "fuzz", btc).columns.time.length
      ]) {
        try {
          expect(attempt()).toBeGreaterThanOrEqual(0)
          rows += 1
        } catch (cause) {
          expect(cause, JSON.stringify(text)).toBeInstanceOf(DataError)
          refused += 1
        }
      }
    }
    expect(rows).toBeGreaterThan(60)
    expect(refused).toBeGreaterThan(500)
  })
})

describe("Binance's kline archives", () => {
  const milliseconds = [
    "1583020800000,8523.61,8530.00,8520.10,8525.00,35.5,1583020859999,302637.5,412,17.25,147056.2,0",
    "1583020860000,8525.00,8526.50,8519.00,8520.00,20.25,1583020919999,172530.1,250,8.125,69225.0,0"
  ].join("\n")
  const microseconds = milliseconds.replaceAll(
    /(\d{10})(000|999)(?=,)/g,
    (_, s: string, ms: string) => `${s}${ms}${ms}`
  )

  it.each([
    ["of milliseconds", milliseconds],
    ["of microseconds", microseconds],
    [
      "with a header",
      `open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n${milliseconds}`
    ]
  ])("are read %s", (_, text) => {
    const klines = importKlines(text, "BTCUSDT-1m.csv", "binance:BTC/USDT")
    expect([...klines.bars.timeOpen]).toEqual([start, start + minute])
    expect(klines.bars.intervalUs).toBe(minute)
    expect([...klines.bars.close]).toEqual([8525, 8520])
    expect([...klines.quoteVolume]).toEqual([302637.5, 172530.1])
    expect([...klines.trades]).toEqual([412, 250])
    expect([...klines.takerBuyVolume]).toEqual([17.25, 8.125])
  })

  it("are read from the archive itself", async () => {
    const path = join(folder(), "BTCUSDT-1m-2020-03.zip")
    writeFileSync(path, zipOf([{ name: "BTCUSDT-1m-2020-03.csv", text: milliseconds }]))
    expect((await readKlines(path, "binance:BTC/USDT")).bars.timeOpen.length).toBe(2)
  })

  it("are refused where klines differ in length", () => {
    expect(() => importKlines(milliseconds.replace("1583020919999", "1583020979999"), "m.csv", "b:X/Y")).toThrow(
      /line 2, closeTime: the kline lasts 120 s, the first 60 s/
    )
  })
})

describe("trades and quotes from separated values", () => {
  const expected = { priceTicks: [6_182_000, 6_182_001], lots: [150_000, 1], buy: [1, 0], id: [7, 8] }

  it.each([
    ["plain", "1583020800,61820.00,1.5,buy,7\n1583020860,61820.01,0.00001,sell,8", "plain"],
    [
      "with header",
      "timestamp,side,price,amount,id\n1583020800,Buy,61820,1.50000,7\n1583020860,SELL,61820.01,0.00001,8",
      "plain"
    ],
    [
      "binanceTrades",
      "7,61820.00,1.5,92730,1583020800000,False,True\n8,61820.01,0.00001,0.6,1583020860000,True,True",
      "binanceTrades"
    ],
    [
      "binanceAggTrades",
      "7,61820.00,1.5,1,2,1583020800000000,false,true\n8,61820.01,0.00001,3,3,1583020860000000,true,true",
      "binanceAggTrades"
    ]
  ] as const)("reads trades %s", (_, text, layout) => {
    const { columns } = importTrades(text, "t.csv", btc, { layout })
    expect([...columns.time]).toEqual([start, start + minute])
    expect([...columns.timeVenue]).toEqual([start, start + minute])
    const { buy, id, lots, priceTicks } = columns
    expect({ priceTicks: [...priceTicks], lots: [...lots], buy: [...buy], id: [...id] }).toEqual(expected)
  })

  it("leaves out trades of less than a lot, and says so", () => {
    const { columns, notes } = importTrades("1583020800,61820,0.000001,buy\n1583020801,61820,1,buy", "t.csv", btc)
    expect([...columns.lots]).toEqual([100_000])
    expect(notes).toContain("Trades of less than a lot were left out: 1.")
  })

  it.each([
    ["1583020800,61820.005,1,buy,7", /price: "61820.005" is no plain multiple of the instrument's step/],
    ["1583020800,61820,1,maybe,7", /side: "maybe" does not tell who took/],
    ["1583020800,-1,1,buy,7", /price: "-1" is no plain multiple/],
    ["1583020800;61820,5;1;buy;7", /price: "61820,5" has a decimal comma/]
  ])("refuses the trade %s", (text, says) => {
    expect(() => importTrades(text, "t.csv", btc)).toThrow(DataError)
    expect(() => importTrades(text, "t.csv", btc)).toThrow(says)
  })

  it("reads quotes", () => {
    const text =
      "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n9,61820.00,1.5,61820.01,0.00002,1583020800000,1583020800001"
    const { columns } = importQuotes(text, "q.csv", btc)
    expect([columns.time[0], columns.bidTicks[0], columns.bidLots[0], columns.askTicks[0], columns.askLots[0]]).toEqual(
      [start, 6_182_000, 150_000, 6_182_001, 2]
    )
    expect(() => importQuotes("1583020800,1,1,x,1", "q.csv", btc)).toThrow(/askPrice: "x" is no number/)
  })

  it("reads both from files", async () => {
    const here = folder()
    writeFileSync(join(here, "t.csv.gz"), gzipSync("1583020800,61820,1,buy,7\n"))
    writeFileSync(join(here, "q.zip"), zipOf([{ name: "q.csv", text: "1583020800,61820,1,61821,2\n" }]))
    expect([...(await readTradeCsv(join(here, "t.csv.gz"), btc)).columns.lots]).toEqual([100_000])
    expect([...(await readQuoteCsv(join(here, "q.zip"), btc)).columns.askLots]).toEqual([200_000])
    await expect(readTradeCsv(join(here, "none.csv"), btc)).rejects.toMatchObject({ problem: "missing" })
  })
})
