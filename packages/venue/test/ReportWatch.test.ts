import { describe, expect, it } from "vitest"
import { ReportWatch } from "../src/ccxt/ReportWatch.ts"

describe("ReportWatch", () => {
  it("misses the report of an order that the venue has answered about, after a while", () => {
    const watch = new ReportWatch(1_000)
    watch.expect("a", 0, 100)
    expect(watch.overdue(1_100)).toBeUndefined()
    expect(watch.overdue(1_101)).toBe("a")
    watch.saw("a", 1_102)
    expect(watch.overdue(9_000)).toBeUndefined()
  })

  it("counts a report that overtook the reply, but not one from before the request", () => {
    const watch = new ReportWatch(1_000)
    watch.saw("a", 50)
    watch.expect("a", 40, 100)
    expect(watch.overdue(9_000)).toBeUndefined()
    watch.expect("a", 60, 100)
    expect(watch.overdue(9_000)).toBe("a")
  })

  it("expects nothing of what came before a new connection", () => {
    const watch = new ReportWatch(1_000)
    watch.expect("a", 0, 0)
    watch.reset()
    expect(watch.overdue(9_000)).toBeUndefined()
  })

  it("remembers a bounded number of ids", () => {
    const watch = new ReportWatch(1_000)
    for (let index = 0; index < 5_000; index++) watch.saw(`seen${index}`, index)
    watch.expect("seen0", 0, 0)
    expect(watch.overdue(2_000)).toBe("seen0")
    watch.expect("seen4999", 4_999, 0)
    watch.saw("seen0", 2_000)
    expect(watch.overdue(2_000)).toBeUndefined()
  })
})
