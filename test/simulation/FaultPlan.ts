/**
 * Which faults befall a simulated floor, by seed: singly and overlapping, at a time or right after a certain event. Each
 * ends by itself; `end` ends all of them at once.
 */
import type { SeededRandom } from "@outcry/model/SeededRandom"
import type { Database } from "@outcry/testkit/sim/Database"
import type { Machine } from "@outcry/testkit/sim/Machine"
import { calm, type Network } from "@outcry/testkit/sim/Network"
import { fair, type SimulatedVenue } from "@outcry/testkit/sim/Venue"
import type { World } from "@outcry/testkit/sim/World"

export interface Afflicted {
  readonly world: World
  readonly network: Network
  readonly database: Database
  readonly venue: SimulatedVenue
  readonly names: ReadonlyArray<string>
  /** The process that runs under a name now. */
  readonly process: (name: string) => Machine | undefined
  readonly start: (name: string) => void
}

const kinds = [
  "kill",
  "kill",
  "freeze",
  "freeze",
  "cutNodes",
  "cutDatabase",
  "cutVenue",
  "outage",
  "badNetwork",
  "badGate",
  "venueDown",
  "clockJump",
  "restart",
  "lateAppend",
  "lateAppend",
  "lateOrder",
  "lateOrder",
  "lostOrder",
  "lostFill"
] as const
type Kind = (typeof kinds)[number]

/** Moments at which a fault hurts most. */
const moments = [" commits ", "accepts ", "sends ", " claims ", "fills ", "is told"]

export class FaultPlan {
  readonly told: Array<string> = []
  /** Faults that show only when their time has come: a successor, or what was held back. */
  waiting = 0
  private readonly floor: Afflicted
  private readonly random: SeededRandom
  private readonly undo = new Set<() => void>()
  private isOver = false

  constructor(floor: Afflicted, untilUs: number) {
    this.floor = floor
    this.random = floor.world.chanceFor("faults")
    const { random } = this
    const count = random.pick([0, 1, 1, 1, 2, 2, 3, 4])
    const fromUs = floor.world.nowUs + 400_000
    for (let index = 0; index < count; index++) {
      const kind = random.pick(kinds)
      const atUs = random.between(fromUs, untilUs - 100_000)
      if (random.chance(0.4)) this.atMoment(kind, atUs)
      else floor.world.at(atUs, () => this.strike(kind))
    }
    for (const name of floor.names) {
      const process = floor.process(name)!
      const skew = random.fraction()
      if (skew < 0.3) process.skewUs = random.between(-60_000, 60_000)
      else if (skew < 0.4) process.skewUs = random.between(-30_000_000, 30_000_000)
    }
  }

  /** Ends all faults; whoever is down comes back. */
  end(): void {
    this.isOver = true
    for (const undo of this.undo) undo()
    this.undo.clear()
    for (const name of this.floor.names) {
      const process = this.floor.process(name)
      // Clocks are set right as well: intents of a desk that is far off are refused as too old.
      if (process === undefined) this.floor.start(name)
      else process.skewUs = 0
    }
  }

  private atMoment(kind: Kind, fromUs: number): void {
    const { world } = this.floor
    const moment = this.random.pick(moments)
    const delayUs = this.random.pick([0, 0, 100, 600, 3_000])
    let isDue = true
    world.watch((_who, what) => {
      if (!isDue || world.nowUs < fromUs || !what.includes(moment)) return isDue
      isDue = false
      world.after(delayUs, () => this.strike(kind))
      return false
    })
  }

  private strike(kind: Kind, victim?: string): void {
    if (this.isOver) return
    const { names, network, venue, world } = this.floor
    const { random } = this
    const name = victim ?? random.pick(names)
    const process = this.floor.process(name)
    const forUs = Math.floor(random.pick([200_000, 1_200_000, 4_500_000]) * (0.5 + random.fraction()))
    const tell = (what: string): void => {
      this.told.push(what)
      world.note("fault", what)
    }
    switch (kind) {
      case "kill":
      case "restart": {
        if (process === undefined) return
        tell(`kill ${name}`)
        process.kill()
        const downUs = kind === "restart" ? 50_000 : forUs
        return this.until(downUs, () => {
          if (this.floor.process(name)?.alive !== true) this.floor.start(name)
        })
      }
      case "freeze":
        if (process === undefined) return
        tell(`freeze ${name} for ${Math.round(forUs / 1000)} ms`)
        process.freeze()
        return this.until(forUs, () => process.thaw())
      case "cutNodes":
        return this.cut(name, random.pick([...names, "desk"].filter((other) => other !== name)), forUs, tell)
      case "cutDatabase":
        return this.cut(name, "database", forUs, tell)
      case "cutVenue":
        return this.cut(name, "venue", forUs, tell)
      case "outage":
        tell(`database down for ${Math.round(forUs / 1000)} ms`)
        return this.takeDatabaseDown(forUs)
      case "badNetwork":
        tell("bad network")
        network.weather = {
          lost: random.fraction() * 0.08,
          repeated: random.fraction() * 0.1,
          late: random.fraction() * 0.2,
          lateUsMax: random.pick([5_000, 300_000, 3_500_000])
        }
        return this.until(forUs, () => {
          network.weather = calm
        })
      case "badGate":
        tell("bad venue")
        venue.weather = {
          errorBefore: random.fraction() * 0.2,
          errorAfter: random.fraction() * 0.4,
          limited: random.fraction() * 0.1,
          reportLost: random.pick([0, 0.3, 1]),
          reportRepeated: random.fraction() * 0.5,
          reportLate: random.fraction() * 0.5
        }
        return this.until(forUs * 2, () => {
          venue.weather = fair
        })
      case "venueDown":
        tell(`venue down for ${Math.round(forUs / 1000)} ms`)
        venue.isDown = true
        return this.until(forUs, () => {
          venue.isDown = false
        })
      case "lateAppend":
        // An owner's statements are held back from its next commit on, and arrive just when its successor comes.
        return world.watch((_who, what) => {
          const owner = /^(\w+)#\d+ commits /.exec(what)?.[1]
          if (this.isOver || owner === undefined) return !this.isOver
          this.holdAppends(owner)
          return false
        })
      case "lateOrder":
        // An order leaves, its node dies or freezes, and it arrives while a successor asks for it.
        return world.watch((who, what) => {
          if (this.isOver) return false
          if (!what.startsWith("sends ") || !names.includes(who)) return true
          // Its successor gives it up when the order can no longer be valid: a later one comes after that, too.
          const lateUs = random.chance(0.5) ? random.between(300_000, 3_000_000) : random.between(3_000_000, 5_000_000)
          tell(`hold what ${who} sends for ${Math.round(lateUs / 1000)} ms`)
          this.awaited(lateUs, network.stall(who, "venue"))
          world.after(random.between(0, 3_000), () => this.strike(random.pick(["kill", "freeze"]), who))
          return false
        })
      case "lostOrder":
        // The venue takes an order and fails before it can say so, and longer than the order could still have arrived.
        return world.watch((_who, what) => {
          if (this.isOver || !what.startsWith("accepts ")) return !this.isOver
          const downUs = random.between(2_000_000, 5_000_000)
          tell(`the venue accepts an order and is down for ${Math.round(downUs / 1000)} ms`)
          venue.isDown = true
          this.until(downUs, () => {
            venue.isDown = false
          })
          return false
        })
      case "lostFill":
        // A fill is reported and its row is lost: the account that lives on is told of it again.
        return world.watch((_who, what) => {
          if (this.isOver || !what.startsWith("fills ")) return !this.isOver
          const downUs = random.between(50_000, 400_000)
          world.after(random.pick([0, 100, 600, 3_000]), () => {
            if (this.isOver) return
            tell(`database down for ${Math.round(downUs / 1000)} ms after a fill`)
            this.takeDatabaseDown(downUs)
          })
          return false
        })
      case "clockJump": {
        if (process === undefined) return
        const byUs = random.between(-30_000_000, 30_000_000)
        tell(`clock of ${name} jumps by ${Math.round(byUs / 1000)} ms`)
        process.skewUs += byUs
        return undefined
      }
    }
  }

  private takeDatabaseDown(forUs: number): void {
    const { database } = this.floor
    database.isUp = false
    this.until(forUs, () => {
      database.isUp = true
    })
  }

  private holdAppends(owner: string): void {
    const { network, world } = this.floor
    const { random } = this
    const arrives = random.pick([" claims ", " reads "])
    this.told.push(`stall ${owner}>database until another${arrives}its account`)
    world.note("fault", `stalls ${owner}`)
    const release = this.awaited(7_000_000, network.stall(owner, "database"))
    world.watch((_who, what) => {
      if (!what.includes(arrives) || what.startsWith(owner)) return true
      world.after(random.pick([0, 0, 0, 500]), release)
      return false
    })
    if (random.chance(0.3)) world.after(random.between(100_000, 400_000), () => this.strike("freeze", owner))
  }

  private cut(a: string, b: string, forUs: number, tell: (what: string) => void): void {
    const { network } = this.floor
    const ways: ReadonlyArray<readonly [string, string]> = this.random.pick([
      [[a, b] as const, [b, a] as const],
      [[a, b] as const],
      [[b, a] as const]
    ])
    const told = `${ways.map((way) => way.join(">")).join(" ")} for ${Math.round(forUs / 1000)} ms`
    if (this.random.chance(0.5)) {
      tell(`stall ${told}`)
      // What was held back comes out at the end, whoever has died or been replaced meanwhile.
      for (const way of ways) this.until(forUs, network.stall(...way))
      if (this.random.chance(0.3)) this.strike("kill", a)
      return
    }
    tell(`cut ${told}`)
    for (const way of ways) network.cut(...way)
    this.until(forUs, () => {
      for (const way of ways) network.heal(...way)
    })
  }

  /** As `until`; the run goes on until it has ended. Returns what ends it before its time. */
  private awaited(forUs: number, undo: () => void): () => void {
    this.waiting += 1
    let lasts = true
    const end = (): void => {
      if (lasts) this.waiting -= 1
      lasts = false
      undo()
    }
    this.until(forUs, end)
    return end
  }

  private until(forUs: number, undo: () => void): void {
    this.undo.add(undo)
    this.floor.world.after(forUs, () => {
      if (this.undo.delete(undo)) undo()
    })
  }
}
