/**
 * The control socket of lock-step at `/sim/lockstep`: one leader at a time, who asks for output after output and, when
 * none is left, for market time to go on. See StepProtocol. It opens with the state, so that a leader knows the time.
 */
import { type StepReply, StepRequest, type StepState } from "@outcry/lockstep/StepProtocol"
import { Schema } from "effect"
import type { RawData, WebSocket } from "ws"
import type { HeldOutput } from "./HeldOutput.ts"
import type { LockStepDriver } from "./LockStepDriver.ts"

const decodeRequest = Schema.decodeUnknownSync(StepRequest)
const policyViolation = 1008

export interface LockStepControlOptions {
  readonly driver: LockStepDriver
  readonly output: HeldOutput
  /** A recording cannot be read, or the exchange has a defect. */
  readonly onFailure: (error: unknown) => void
}

export class LockStepControl {
  readonly #options: LockStepControlOptions
  #leader: WebSocket | undefined
  #step = 0
  #finished = false
  #spoiled: string | null = null
  #turn: Promise<void> = Promise.resolve()

  constructor(options: LockStepControlOptions) {
    this.#options = options
  }

  state(): StepState {
    return {
      step: this.#step,
      timeUs: this.#options.driver.marketUs,
      led: this.#leader !== undefined,
      finished: this.#finished,
      spoiled: this.#spoiled
    }
  }

  accept(socket: WebSocket): void {
    if (this.#leader !== undefined) return socket.close(policyViolation, "Another node leads the lock-step")
    this.#leader = socket
    socket.on("error", () => socket.terminate())
    socket.on("close", () => {
      this.#leader = undefined
    })
    socket.on("message", (data: RawData) => {
      // One at a time: reading frames ahead takes a moment.
      this.#turn = this.#turn.then(() => this.#answer(socket, data)).catch(this.#options.onFailure)
    })
    socket.send(JSON.stringify(this.state()))
  }

  close(): void {
    this.#leader?.terminate()
  }

  async #answer(socket: WebSocket, data: RawData): Promise<void> {
    const { driver, output } = this.#options
    const { advance, spoiled, untilUs } = decodeRequest(JSON.parse(Buffer.from(data as Buffer).toString("utf8")))
    this.#spoiled = spoiled
    if (advance && output.size === 0) {
      if (driver.ended) this.#finished = true
      else await driver.advance(untilUs ?? Number.MAX_SAFE_INTEGER, () => output.size > 0)
    }
    const stream = output.release(this.#step + 1, driver.marketUs) ?? "none"
    if (stream !== "none") this.#step += 1
    const ended = driver.ended && output.size === 0
    const reply: StepReply = { step: this.#step, timeUs: driver.marketUs, stream, waiting: output.size, ended }
    socket.send(JSON.stringify(reply))
  }
}
