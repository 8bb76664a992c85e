/**
 * A world of simulated machines in one thread: virtual time, chance and the order of everything come from one seed.
 *
 * Each machine is the Effect scheduler and clock of the fibers that run on it. Nothing happens by itself: `run` takes one
 * task at a time, from a machine chosen by chance, and when none is left jumps to the next timer. No promise, real timer or
 * real clock is involved. A killed machine's tasks and timers are dropped, as a SIGKILL does; a frozen one's wait.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { Trace } from "./Trace.ts"
import { type Timer, Timers } from "./Timers.ts"
import { Machine } from "./Machine.ts"

/** Virtual time at which every run begins, epoch µs. */
export const startUs = 1_750_000_000_000_000
/** What a task costs, so that work takes time. */
const taskUs = 2

export class World {
  readonly seed: number
  readonly random: SeededRandom
  readonly trace: Trace = new Trace()
  /** True time, epoch µs; no machine knows it, each has its own clock. */
  nowUs = startUs
  /** Gets what the machines log, where somebody wants to read it. */
  readonly log: ((who: string, text: string) => void) | undefined
  /** Tasks run so far. */
  steps = 0
  readonly machines: Array<Machine> = []
  private readonly timers = new Timers()
  private readonly watchers = new Set<(who: string, what: string) => boolean>()
  private readonly numbers = new Map<string, number>()

  constructor(seed: number, log?: (who: string, text: string) => void) {
    this.seed = seed
    this.log = log
    this.random = new SeededRandom(seedFor(seed, "order"))
  }

  /** Chance of its own for a part of the world, so that its draws do not shift another's. */
  chanceFor(name: string): SeededRandom {
    return new SeededRandom(seedFor(this.seed, name))
  }

  /** A process under that name: the first, or the next after one that was killed. */
  machine(name: string): Machine {
    const number = (this.numbers.get(name) ?? 0) + 1
    this.numbers.set(name, number)
    const machine = new Machine(this, name, number)
    this.machines.push(machine)
    return machine
  }

  remove(machine: Machine): void {
    this.machines.splice(this.machines.indexOf(machine), 1)
  }

  /** Something of consequence: it goes into the trace's hash. */
  note(who: string, what: string): void {
    this.trace.add(this.nowUs - startUs, who, what)
    for (const watcher of this.watchers) if (!watcher(who, what)) this.watchers.delete(watcher)
  }

  /** Hears every event from now on, until it says false. */
  watch(watcher: (who: string, what: string) => boolean): void {
    this.watchers.add(watcher)
  }

  /** Calls back at that time, whatever becomes of the machines. */
  at(timeUs: number, work: () => void): Timer {
    return this.timers.add(Math.max(timeUs, this.nowUs), work)
  }

  after(delayUs: number, work: () => void): Timer {
    return this.timers.add(this.nowUs + Math.max(0, delayUs), work)
  }

  /** Runs until that time, or until `done` says so after a task; false where more than `stepsMax` tasks were needed. */
  run(untilUs: number, stepsMax: number, done: () => boolean = never): boolean {
    const { timers } = this
    while (!done()) {
      if (this.steps > stepsMax) return false
      if (timers.nextUs <= this.nowUs) {
        timers.take()!.work()
        continue
      }
      const machine = this.pick()
      if (machine !== undefined) {
        this.steps += 1
        this.nowUs += taskUs
        machine.runOne()
        continue
      }
      if (timers.nextUs > untilUs) {
        this.nowUs = Math.max(this.nowUs, untilUs)
        return true
      }
      this.nowUs = timers.nextUs
    }
    return true
  }

  /** One of the machines that have something to do, by chance. */
  private pick(): Machine | undefined {
    let ready = 0
    let chosen: Machine | undefined
    for (const machine of this.machines) {
      if (!machine.isRunnable) continue
      ready += 1
      if (ready === 1 || this.random.bits() % ready === 0) chosen = machine
    }
    return chosen
  }
}

const never = (): boolean => false
