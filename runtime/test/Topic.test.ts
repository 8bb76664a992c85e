import { describe, expect, it } from "vitest"
import { type Message, TopicHub } from "../src/gateway/Topic.ts"

/** A hub over a number that counts up, and what a subscriber of it was sent. */
const counter = (options: { readonly from: number; readonly behind?: boolean }) => {
  let seq = options.from
  const hub = new TopicHub({
    snapshot: () => ({ seq, ts: 0, data: seq }),
    conflated: false,
    keep: 10,
    ...(options.behind === undefined ? {} : { behind: options.behind })
  })
  const step = (): void => {
    seq += 1
    hub.publish({ type: "delta", seq, ts: 0, data: seq })
  }
  const follow = (afterSeq?: number): Array<string> => {
    const seen: Array<string> = []
    hub.subscribe(afterSeq, (message: Message) => seen.push(`${message.type} ${message.seq}`))
    return seen
  }
  return { hub, step, follow }
}

describe("a channel that is resumed", () => {
  it("sends just what came after the client's sequence", () => {
    const { follow, step } = counter({ from: 0 })
    for (let i = 0; i < 4; i++) step()
    expect(follow(2)).toEqual(["delta 3", "delta 4"])
  })

  it("begins with a snapshot where what was missed is not kept any more", () => {
    const { follow, step } = counter({ from: 0 })
    for (let i = 0; i < 20; i++) step()
    expect(follow(2)).toEqual(["snapshot 20"])
  })

  it("on a node that knows less than the client repeats nothing while it catches up", () => {
    const { follow, hub, step } = counter({ from: 0, behind: true })
    const seen = follow(3)
    for (let i = 0; i < 3; i++) step()
    hub.caughtUp()
    expect(seen).toEqual([])
    step()
    expect(seen).toEqual(["delta 4"])
  })

  it("begins anew where the sequence is still ahead once the node has caught up", () => {
    const { follow, hub, step } = counter({ from: 0, behind: true })
    const seen = follow(99)
    step()
    hub.caughtUp()
    step()
    expect(seen).toEqual(["snapshot 1", "delta 2"])
    expect(follow(99)).toEqual(["snapshot 2"])
  })
})
