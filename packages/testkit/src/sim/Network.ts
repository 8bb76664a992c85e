/**
 * The wires between machines and services of a simulated world: each way of each pair loses, delays, repeats and reorders
 * by chance, and can be cut. What is on its way when a wire is cut is lost.
 */
import type { SeededRandom } from "@outcry/model/SeededRandom"
import { Effect } from "effect"
import { cancel } from "./Timers.ts"
import type { Machine } from "./Machine.ts"
import type { World } from "./World.ts"

/** How bad a wire is. */
export interface Weather {
  /** Chances per message. */
  lost: number
  repeated: number
  /** Of a delay of up to `delayUsMax` instead of the usual fraction of a millisecond. */
  late: number
  lateUsMax: number
}

export const calm: Weather = { lost: 0, repeated: 0, late: 0, lateUsMax: 0 }

const usualUs = [60, 900] as const

/** How a call ended that got no answer. `sent` is whether the other side may have worked it. */
export interface Unanswered {
  readonly _tag: "Unanswered"
  readonly sent: boolean
  readonly reason: string
}

export class Network {
  weather: Weather = calm
  private readonly world: World
  private readonly random: SeededRandom
  private readonly cuts = new Map<string, number>()
  private readonly stalls = new Map<string, Array<() => void>>()

  constructor(world: World) {
    this.world = world
    this.random = world.chanceFor("network")
  }

  /** Cuts one way between two names; `cuts` counts, so that overlapping faults may end in any order. */
  cut(from: string, to: string): void {
    this.cuts.set(`${from}>${to}`, (this.cuts.get(`${from}>${to}`) ?? 0) + 1)
  }

  heal(from: string, to: string): void {
    this.cuts.set(`${from}>${to}`, Math.max(0, (this.cuts.get(`${from}>${to}`) ?? 0) - 1))
  }

  isCut(from: string, to: string): boolean {
    return (this.cuts.get(`${from}>${to}`) ?? 0) > 0
  }

  /**
   * Holds back what goes one way until the returned function is called, as a connection does that sends again and again;
   * nothing is lost.
   */
  stall(from: string, to: string): () => void {
    const way = `${from}>${to}`
    const held: Array<() => void> = []
    this.stalls.set(way, held)
    return () => {
      if (this.stalls.get(way) === held) this.stalls.delete(way)
      for (const arrive of held.splice(0)) this.world.after(this.random.between(...usualUs), arrive)
    }
  }

  /** Carries a message, perhaps: `deliver` is called at its arrival, once, never or twice. */
  send(from: string, to: string, deliver: () => void, mayRepeat = true): void {
    const { random, weather, world } = this
    if (this.isCut(from, to) || random.chance(weather.lost)) return
    for (let copies = mayRepeat && random.chance(weather.repeated) ? 2 : 1; copies > 0; copies--) {
      const late = random.chance(weather.late)
      const delayUs = late ? random.between(usualUs[1], weather.lateUsMax) : random.between(...usualUs)
      const arrive = (): void => {
        const held = this.stalls.get(`${from}>${to}`)
        if (held !== undefined) held.push(arrive)
        else if (!this.isCut(from, to)) deliver()
      }
      world.after(delayUs, arrive)
    }
  }

  /**
   * Asks a service that is not a machine and answers at once: the request travels, `work` runs there, its result travels
   * back. Neither is repeated, since such calls go over connections. Without an answer in time it ends as Unanswered.
   */
  call<A>(machine: Machine, service: string, timeoutUs: number, work: () => A): Effect.Effect<A | Unanswered> {
    return Effect.callback<A | Unanswered>((resume) => {
      let isOpen = true
      const finish = (answer: A | Unanswered): void => {
        if (!isOpen) return
        isOpen = false
        cancel(timer)
        resume(Effect.succeed(answer))
      }
      const timer = this.world.after(timeoutUs, () =>
        machine.post(() => finish({ _tag: "Unanswered", sent: true, reason: "no answer in time" }))
      )
      const request = (): void => {
        const answer = work()
        this.send(service, machine.name, () => machine.post(() => finish(answer)), false)
      }
      this.send(machine.name, service, request, false)
      return Effect.sync(() => {
        isOpen = false
        cancel(timer)
      })
    })
  }
}

export const isUnanswered = (answer: unknown): answer is Unanswered =>
  typeof answer === "object" && answer !== null && "_tag" in answer && answer._tag === "Unanswered"
