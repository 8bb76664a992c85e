/** The two lanes of a mailbox. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Mailbox } from "../src/Mailbox.ts"

const lanes = { fastMax: 3, normalMax: 2, batchMax: 4 }

describe("a mailbox", () => {
  it.effect("hands over cancels and reports before intents that came earlier, each lane in its order", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string>(lanes)
      mailbox.setNormalOpen(true)
      for (const intent of ["i1", "i2"]) mailbox.offerNormal(intent)
      for (const cancel of ["c1", "c2", "c3"]) mailbox.offerFast(cancel)
      assert.deepStrictEqual(yield* mailbox.take, ["c1", "c2", "c3", "i1"])
      mailbox.offerFast("c4")
      assert.deepStrictEqual(yield* mailbox.take, ["c4", "i2"])
    })
  )

  it("is full by lane: intents never take the room of cancels", () => {
    const mailbox = new Mailbox<number>(lanes)
    assert.deepStrictEqual(
      [1, 2, 3].map((n) => mailbox.offerNormal(n)),
      [true, true, false]
    )
    assert.deepStrictEqual(
      [1, 2, 3, 4].map((n) => mailbox.offerFast(n)),
      [true, true, true, false]
    )
    assert.strictEqual(mailbox.size, 5)
  })

  it.effect("keeps intents back until they are let in, and wakes whoever waits then", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string>(lanes)
      mailbox.offerNormal("i1")
      mailbox.offerFast("c1")
      assert.deepStrictEqual(yield* mailbox.take, ["c1"])
      const waiting = yield* Effect.forkChild(mailbox.take, { startImmediately: true })
      mailbox.setNormalOpen(true)
      assert.deepStrictEqual(yield* Fiber.join(waiting), ["i1"])
    })
  )

  it("gives back all that waits when it is drained", () => {
    const mailbox = new Mailbox<string>(lanes)
    mailbox.offerNormal("i1")
    mailbox.offerFast("c1")
    assert.deepStrictEqual(mailbox.drain(), ["c1", "i1"])
    assert.strictEqual(mailbox.size, 0)
  })
})
