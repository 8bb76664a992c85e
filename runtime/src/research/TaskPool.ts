/**
 * Worker threads for one study. Each works one batch at a time; one that dies takes only its batch with it, which fails with
 * the reason, and is started again by the next.
 */
import { Effect, Schema } from "effect"
import { Worker } from "node:worker_threads"
import type { TaskAsked, TaskOutcome } from "./TaskRunner.ts"
import type { WorkerAnswer, WorkerOrder } from "./TaskWorker.ts"

/** The order cannot be carried out here: another file, other data, no signal. */
export class StudyUnusable extends Schema.TaggedError<StudyUnusable>()("StudyUnusable", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

export interface Batch {
  readonly outcomes: ReadonlyArray<TaskOutcome>
  readonly tookMs: number
}

/** One thread, started when it is first needed, and again after it has died. */
export interface TaskThread {
  /** Starts it. To ask for work only then leaves no tasks with a thread that cannot begin. */
  readonly ready: Effect.Effect<void, StudyUnusable>
  readonly run: (tasks: ReadonlyArray<TaskAsked>) => Effect.Effect<Batch, StudyUnusable>
}

/** A task that takes longer than this in its batch has hung: its thread is ended. */
const batchMsMost = 600_000

const program = new URL("./TaskWorker.ts", import.meta.url)

class Thread {
  private readonly order: WorkerOrder
  private worker: Worker | undefined
  private unusable: string | undefined

  constructor(order: WorkerOrder) {
    this.order = order
  }

  async ready(): Promise<Worker | string> {
    if (this.unusable !== undefined) return this.unusable
    const worker = this.worker ?? (await this.start())
    if (typeof worker !== "string") this.worker = worker
    return worker
  }

  async run(tasks: ReadonlyArray<TaskAsked>): Promise<Batch | string> {
    const worker = await this.ready()
    if (typeof worker === "string") return worker
    worker.postMessage(tasks, [])
    const answer = await this.answer(worker, batchMsMost)
    if (typeof answer !== "string" && "outcomes" in answer) return answer
    this.stop()
    const reason = typeof answer === "string" ? answer : "its thread gave no outcome"
    return { outcomes: tasks.map(({ index }) => ({ failed: { index, reason } })), tookMs: 0 }
  }

  stop(): void {
    void this.worker?.terminate()
    this.worker = undefined
  }

  private async start(): Promise<Worker | string> {
    const worker = new Worker(program, { workerData: this.order, stdin: false })
    const answer = await this.answer(worker, 60_000)
    if (typeof answer !== "string" && "ready" in answer) return worker
    void worker.terminate()
    this.unusable = typeof answer === "string" ? answer : "unusable" in answer ? answer.unusable : "it did not begin"
    return this.unusable
  }

  /** Its next message, or in words how it ended instead. */
  private answer(worker: Worker, withinMs: number): Promise<WorkerAnswer | string> {
    return new Promise((resolve) => {
      const settle = (value: WorkerAnswer | string): void => {
        clearTimeout(timer)
        worker.off("message", settle).off("error", onError).off("exit", onExit)
        resolve(value)
      }
      const onError = (error: Error): void => settle(error.message)
      const onExit = (code: number): void => settle(`its thread ended with ${code}`)
      const timer = setTimeout(() => settle(`it did not end within ${withinMs / 1000} s`), withinMs)
      worker.once("message", settle).once("error", onError).once("exit", onExit)
    })
  }
}

const orUnusable = <A extends object>(work: () => Promise<A | string>): Effect.Effect<A, StudyUnusable> =>
  Effect.flatMap(Effect.promise(work), (answer) =>
    typeof answer === "string" ? Effect.fail(new StudyUnusable({ reason: answer })) : Effect.succeed(answer)
  )

/** As many threads as asked for; the scope ends them. */
export const makeTaskThreads = (order: WorkerOrder, count: number) =>
  Effect.acquireRelease(
    Effect.sync(() => Array.from({ length: count }, () => new Thread(order))),
    (threads) => Effect.sync(() => threads.forEach((thread) => thread.stop()))
  ).pipe(
    Effect.map((threads) =>
      threads.map((thread): TaskThread => ({
        ready: Effect.asVoid(orUnusable(() => thread.ready())),
        run: (tasks) => orUnusable(() => thread.run(tasks))
      }))
    )
  )
