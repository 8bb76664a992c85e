/**
 * One simulated machine with one process on it: the scheduler, clock and chance of every fiber that runs there. It can be
 * killed at any task, frozen and thawed; its clock may be ahead of the true time or behind it, and jump.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { Cause, Clock, Context, Duration, Effect, type Fiber, Logger, Random, Scheduler, Tracer } from "effect"
import * as References from "effect/References"
import { cancel, type Timer } from "./Timers.ts"

type Task = () => void

/** What a machine knows of its world. */
export interface Surroundings {
  readonly seed: number
  readonly nowUs: number
  readonly log: ((who: string, text: string) => void) | undefined
  readonly note: (who: string, what: string) => void
  readonly after: (delayUs: number, work: () => void) => Timer
  readonly chanceFor: (name: string) => SeededRandom
  readonly remove: (machine: Machine) => void
}

/** A process of its own: killed once, it is gone, and a restart is another one under the same name. */
export class Machine implements Scheduler.Scheduler {
  readonly executionMode = "async"
  readonly name: string
  /** Tells the processes of one name apart: 1 for the first. */
  readonly number: number
  readonly world: Surroundings
  alive = true
  frozen = false
  /** What its clock is ahead of the true time. */
  skewUs = 0
  private tasks: Array<Task> = []
  private head = 0
  private readonly random: SeededRandom
  /** Whether tasks of one process may overtake one another; real ones never do, which hides orders that they may have. */
  private readonly shuffles: boolean
  private budget: number
  private readonly budgetMax: number
  private readonly whenKilled = new Set<() => void>()
  private context: Context.Context<never> | undefined

  constructor(world: Surroundings, name: string, number: number) {
    this.world = world
    this.name = name
    this.number = number
    this.random = new SeededRandom(seedFor(world.seed, this.process))
    this.shuffles = this.random.chance(0.3)
    this.budgetMax = this.random.pick([32, 256, 2048])
    this.budget = this.budgetMax
  }

  /** Names this process and no other. */
  get process(): string {
    return `${this.name}#${this.number}`
  }

  get isRunnable(): boolean {
    return this.alive && !this.frozen && this.head < this.tasks.length
  }

  /** Runs when its turn comes; never, where the machine is dead by then. */
  post(task: Task): void {
    if (this.alive) this.tasks.push(task)
  }

  runOne(): void {
    const { tasks } = this
    if (this.shuffles && tasks.length - this.head > 1) {
      const other = this.head + (this.random.bits() % Math.min(tasks.length - this.head, 8))
      const task = tasks[other]!
      tasks[other] = tasks[this.head]!
      tasks[this.head] = task
    }
    const task = tasks[this.head]!
    this.head += 1
    if (this.head > 64 && this.head * 2 > tasks.length) {
      this.tasks = tasks.slice(this.head)
      this.head = 0
    }
    task()
  }

  kill(): void {
    if (!this.alive) return
    this.world.note(this.name, "killed")
    this.alive = false
    this.tasks = []
    this.head = 0
    for (const work of this.whenKilled) work()
    this.whenKilled.clear()
    this.world.remove(this)
  }

  freeze(): void {
    if (this.frozen) return
    this.world.note(this.name, "frozen")
    this.frozen = true
  }

  thaw(): void {
    if (!this.frozen) return
    this.world.note(this.name, "thawed")
    this.frozen = false
  }

  /** What the rest of the world does when this process dies; returns how to take that back. */
  onKilled(work: () => void): () => void {
    this.whenKilled.add(work)
    return () => this.whenKilled.delete(work)
  }

  /** Epoch µs by this machine's clock. */
  get clockUs(): number {
    return this.world.nowUs + this.skewUs
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    if (fiber.currentOpCount < this.budget) return false
    this.budget = (this.budgetMax >> 1) + (this.random.bits() % this.budgetMax)
    return true
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return { scheduleTask: (task) => this.post(task), flush: () => {} }
  }

  /** A timer of this process: it waits while the machine is frozen and dies with it. */
  private after(delayUs: number, task: Task) {
    return this.world.after(delayUs, () => this.post(task))
  }

  /** Starts a fiber on this machine when its turn comes. */
  fork<A, E, R>(effect: Effect.Effect<A, E, R>, services: Context.Context<R>): void {
    this.post(() => Effect.runForkWith(Context.merge(services, this.ambient))(effect))
  }

  /** Clock, scheduler and chance; no spans, and logs only where somebody reads them, since they cost time. */
  private get ambient(): Context.Context<never> {
    if (this.context !== undefined) return this.context
    const chance = new SeededRandom(seedFor(this.world.seed, `effect ${this.process}`))
    this.context = Context.empty().pipe(
      Context.add(Scheduler.Scheduler, this),
      Context.add(Clock.Clock, this.clock),
      Context.add(Random.Random, {
        nextIntUnsafe: () => chance.bits() - 2_147_483_648,
        nextDoubleUnsafe: () => chance.fraction()
      }),
      Context.add(Logger.CurrentLoggers, new Set(this.world.log === undefined ? [] : [this.logger])),
      Context.add(References.MinimumLogLevel, this.world.log === undefined ? "None" : "Debug"),
      Context.add(References.TracerEnabled, false),
      Context.add(Tracer.DisablePropagation, true)
    )
    return this.context
  }

  private readonly logger = Logger.make(({ cause, message }) => {
    const text = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    this.world.log?.(this.name, cause.reasons.length === 0 ? text : `${text}: ${Cause.pretty(cause)}`)
  })

  private readonly clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => Math.floor(this.clockUs / 1000),
    currentTimeMillis: Effect.sync(() => Math.floor(this.clockUs / 1000)),
    currentTimeNanosUnsafe: () => BigInt(Math.floor(this.clockUs)) * 1000n,
    currentTimeNanos: Effect.sync(() => BigInt(Math.floor(this.clockUs)) * 1000n),
    monotonicTimeNanosUnsafe: () => BigInt(Math.floor(this.world.nowUs)) * 1000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(Math.floor(this.world.nowUs)) * 1000n),
    sleep: (duration) => {
      const delayUs = Math.ceil(Duration.toMillis(duration) * 1000)
      if (delayUs === Infinity) return Effect.never
      return Effect.callback<void>((resume) => {
        const timer = this.after(delayUs, () => resume(Effect.void))
        return Effect.sync(() => cancel(timer))
      })
    }
  }
}
