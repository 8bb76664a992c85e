/**
 * Lets fibers follow one another within a turn of the event loop. Effect's own scheduler takes a turn for each wake-up, and
 * a tick passes about ten fibers on its way to an order: that was a millisecond of waiting for nothing.
 *
 * A turn makes at most `wakeUpsMax` of them, so that sockets and timers are served as before under load.
 */
import { Scheduler } from "effect"

const wakeUpsMax = 64

export const make = (): Scheduler.MixedScheduler => {
  let wakeUps = 0
  const nextTurn = (): void => {
    wakeUps = 0
  }
  return new Scheduler.MixedScheduler("async", (task) => {
    if (wakeUps >= wakeUpsMax) {
      const turn = setImmediate(task)
      return () => clearImmediate(turn)
    }
    wakeUps += 1
    if (wakeUps === 1) setImmediate(nextTurn)
    let isDropped = false
    queueMicrotask(() => {
      if (!isDropped) task()
    })
    return () => {
      isDropped = true
    }
  })
}
