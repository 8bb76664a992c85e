import { describe, expect, it } from "vitest"
import { TimerCauses } from "../src/TimerCauses.ts"

describe("the occasions of timers", () => {
  it("bear their due time while the clock goes forward", () => {
    const causes = new TimerCauses(0, 0)
    expect([causes.ofSet(100), causes.ofSet(150), causes.ofSet(200)]).toEqual([100, 150, 200])
  })

  it("are new to the account though the clock stands behind what it has acted upon", () => {
    const causes = new TimerCauses(30_000, 0)
    expect([causes.ofSet(100), causes.ofSet(150), causes.ofSet(30_050)]).toEqual([30_001, 30_002, 30_050])
  })

  it("are the same in the run after a crash, whether it was before or after the account acted", () => {
    // The snapshot was taken at mark 30 000, with timers due at 100 and 30 500; the run after it is told the same.
    const before = new TimerCauses(30_000, 0)
    const acted = [before.ofSet(100), before.ofSet(30_500)]
    const after = new TimerCauses(acted[1]!, 30_000)
    expect([after.ofRestored(100), after.ofRestored(30_500)]).toEqual(acted)
    expect(after.ofSet(200)).toBe(30_501)
    const unacted = new TimerCauses(30_000, 30_000)
    expect(unacted.ofRestored(100)).toBe(30_001)
  })
})
