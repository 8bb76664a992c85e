/**
 * A node in lock-step with its exchange: market time stands still while anything is in flight, and what may be done in
 * more than one order waits for its turn. Actors report here; whoever leads reads when all is settled, lets the next turn
 * go or asks the exchange for the next output.
 *
 * In normal running there is no LockStep, and nothing of this is asked.
 */
import { Effect, type Scope } from "effect"
import { markerOf } from "./StepProtocol.ts"

/** `intents`: a strategy's batch on its way to the account. `request`: an order's on its way to the venue. */
export type TurnKind = "intents" | "request"

interface Turn {
  readonly kind: TurnKind
  readonly key: string
  readonly go: () => void
}

/** Something that becomes due by market time. */
export interface StepTimer {
  readonly key: string
  /** Epoch µs; undefined where nothing is set. */
  readonly dueUs: () => number | undefined
  readonly fire: () => void
}

/** Something that looks at time and prices after each output, where it has a reason to. */
export interface StepWatcher {
  readonly key: string
  readonly isDue: () => boolean
  readonly look: () => void
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key === b.key ? 0 : 1

export class LockStep {
  #timeUs: number
  #inFlight = 0
  #stirrings = 0
  #reached = 0
  #opened = false
  #spoiled: string | undefined
  readonly #turns: Array<Turn> = []
  readonly #backlogs = new Map<string, () => number>()
  readonly #chains = new Map<string, Map<string, () => number>>()
  readonly #timers = new Set<StepTimer>()
  readonly #watchers = new Set<StepWatcher>()
  readonly #here = new Set<string>()
  #waiting: Array<() => void> = []

  constructor(timeUs: number) {
    this.#timeUs = timeUs
  }

  /** Market time, epoch µs: all that is decided is decided by it. */
  get timeUs(): number {
    return this.#timeUs
  }

  readonly #done: Effect.Effect<void> = Effect.sync(() => {
    this.#inFlight -= 1
    this.stir()
  })

  readonly now: Effect.Effect<number> = Effect.sync(() => this.#timeUs)

  /** Market time goes on; it never goes back. */
  advanceTo(timeUs: number): void {
    if (timeUs <= this.#timeUs) return
    this.#timeUs = timeUs
    this.stir()
  }

  /** Something happened: whoever looks for quiet looks again. */
  stir(): void {
    this.#stirrings += 1
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Counts as in flight from its start to its end. */
  tracked<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      this.#inFlight += 1
      this.stir()
      return Effect.ensuring(work, this.#done)
    })
  }

  /** Waits until it is let go, alone and after all else has settled; then it is in flight. */
  inTurn<A, E, R>(kind: TurnKind, key: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const turn = Effect.callback<void>((resume) => {
      const own: Turn = {
        kind,
        key,
        go: () => {
          this.#inFlight += 1
          this.stir()
          resume(Effect.void)
        }
      }
      this.#turns.push(own)
      this.stir()
      return Effect.sync(() => {
        const at = this.#turns.indexOf(own)
        if (at >= 0) this.#turns.splice(at, 1)
        this.stir()
      })
    })
    // Once it is let go, its end is told however it ends.
    return Effect.uninterruptibleMask((restore) =>
      Effect.andThen(restore(turn), Effect.ensuring(restore(work), this.#done))
    )
  }

  /** A queue that must be empty before all is settled; as long as the scope lives. */
  backlog(name: string, size: () => number): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.#backlogs.set(name, size)),
        () => Effect.sync(() => this.#backlogs.delete(name))
      )
    )
  }

  /** A stage of a chain whose stages must all stand at the same number before all is settled; as long as the scope lives. */
  stage(chain: string, name: string, at: () => number): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => {
          const stages = this.#chains.get(chain) ?? new Map<string, () => number>()
          this.#chains.set(chain, stages.set(name, at))
          this.stir()
        }),
        () => Effect.sync(() => this.#chains.get(chain)?.delete(name))
      )
    )
  }

  timer(timer: StepTimer): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.#timers.add(timer)),
        () => Effect.sync(() => this.#timers.delete(timer))
      )
    )
  }

  watcher(watcher: StepWatcher): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.#watchers.add(watcher)),
        () => Effect.sync(() => this.#watchers.delete(watcher))
      )
    )
  }

  /** Whoever must be there before the market moves says that it is. */
  arrive(who: string): void {
    if (this.#here.has(who)) return
    this.#here.add(who)
    this.stir()
  }

  /** Those of `wanted` that have not arrived. */
  missing(wanted: ReadonlyArray<string>): ReadonlyArray<string> {
    return wanted.filter((who) => !this.#here.has(who))
  }

  /** Everybody may begin. */
  open(): void {
    this.#opened = true
    this.stir()
  }

  /** Until everybody is there and all is settled. */
  readonly opened: Effect.Effect<void> = this.#until(() => this.#opened)

  /** The event name of a frame that is no market data: a marker sets the time, and says that its output has come through. */
  marker(name: string): void {
    const marker = markerOf(name)
    if (marker === undefined) return
    this.advanceTo(marker.timeUs)
    if (!marker.isOver) return
    this.#reached = Math.max(this.#reached, marker.step)
    this.stir()
  }

  /** Until the output of that step has come through its stream. */
  reached(step: number): Effect.Effect<void> {
    return this.#until(() => this.#reached >= step)
  }

  /** Part of the node begins again. Before the market moves that is a start like another; afterwards it has lost its place. */
  startsAnew(who: string): void {
    if (this.#opened) this.spoil(`${who} had to start anew`)
  }

  /** From here on runs need not be equal any more. */
  spoil(why: string): void {
    this.#spoiled ??= why
    this.stir()
  }

  /** Why nothing is promised any more, if so. */
  get spoiled(): string | undefined {
    return this.#spoiled
  }

  /** Whether anything is on its way out of the process or being worked: its end stirs. */
  get isBusy(): boolean {
    return this.#inFlight > 0
  }

  /** Calls once, when the next thing happens; returns how to take that back. */
  whenStirred(call: () => void): () => void {
    this.#waiting.push(call)
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== call)
    }
  }

  /** Rises whenever anything happens. */
  get stirrings(): number {
    return this.#stirrings
  }

  /** What is not settled, in words; undefined where nothing is in flight and every chain stands at one number. */
  unsettled(): string | undefined {
    if (this.#inFlight > 0) return `${this.#inFlight} in flight`
    for (const [name, size] of this.#backlogs) if (size() > 0) return `${size()} in ${name}`
    for (const [chain, stages] of this.#chains) {
      let first: number | undefined
      for (const [name, at] of stages) {
        const number = at()
        first ??= number
        if (number !== first) return `${chain}: ${name} at ${number} instead of ${first}`
      }
    }
    return undefined
  }

  /** Until something happens after `stirrings` was read as that. */
  stirred(since: number): Effect.Effect<void> {
    return this.#until(() => this.#stirrings !== since)
  }

  /** Lets the first turn of a kind go: by key, then in the order in which they came. False where none waits. */
  letGo(kind: TurnKind): boolean {
    const first = this.#turns.filter((turn) => turn.kind === kind).toSorted(byKey)[0]
    if (first === undefined) return false
    this.#turns.splice(this.#turns.indexOf(first), 1)
    first.go()
    return true
  }

  /** When the first timer is due, epoch µs. */
  nextTimerUs(): number | undefined {
    let next: number | undefined
    for (const { dueUs } of this.#timers) {
      const due = dueUs()
      if (due !== undefined && (next === undefined || due < next)) next = due
    }
    return next
  }

  /** Fires the first timer that is due: by its time, then by key. False where none is. */
  fireDue(): boolean {
    const next = this.nextTimerUs()
    if (next === undefined || next > this.#timeUs) return false
    const [first] = [...this.#timers].filter(({ dueUs }) => dueUs() === next).toSorted(byKey)
    this.stir()
    first?.fire()
    return true
  }

  /** Those that have a reason to look now, by key. */
  dueWatchers(): ReadonlyArray<StepWatcher> {
    return [...this.#watchers].filter((watcher) => watcher.isDue()).toSorted(byKey)
  }

  #until(holds: () => boolean): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const look = (): void => {
        if (holds()) resume(Effect.void)
        else this.#waiting.push(look)
      }
      look()
      return Effect.sync(() => {
        this.#waiting = this.#waiting.filter((each) => each !== look)
      })
    })
  }
}
