/**
 * What the exchange has to tell in lock-step, held back in the order in which it happened and let out one at a time: a
 * frame of a public stream or an event of an account's, between two markers on the sockets that get it.
 */
import { markerName, type StepMarker } from "@outcry/lockstep/StepProtocol"

export interface Output {
  readonly stream: "public" | "user"
  /** Goes out with the one before it: nobody decides on it. */
  readonly isSilent: boolean
  readonly send: () => void
  /** Sends a frame of that event name to those who get the output. */
  readonly mark: (name: string) => void
}

export class HeldOutput {
  #held: Array<Output> = []

  get size(): number {
    return this.#held.length
  }

  readonly hold = (output: Output): void => {
    this.#held.push(output)
  }

  /** Lets the next one out, and what goes with it; its stream, or undefined where nothing is held. */
  release(step: number, timeUs: number): Output["stream"] | undefined {
    const output = this.#held.shift()
    if (output === undefined) return undefined
    const marker: Omit<StepMarker, "isOver"> = { step, timeUs }
    output.mark(markerName({ ...marker, isOver: false }))
    output.send()
    for (let next = this.#held[0]; next?.isSilent === true; next = this.#held[0]) {
      next.send()
      this.#held.shift()
    }
    output.mark(markerName({ ...marker, isOver: true }))
    return output.stream
  }
}
