import { describe, expect, it } from "vitest"
import { LiveBook } from "../src/LiveBook.ts"
import { parseFrame, type RecordedFrame, type RecordedSnapshot } from "../src/RecordedFrame.ts"
import { diff, snapshot, trade } from "./RecordingFiles.ts"

const frame = (line: string): RecordedFrame => {
  const found = parseFrame(line.slice(line.indexOf(" ") + 1), { receivedUs: 1, file: "ws://source", line: 0 })
  if (typeof found !== "object") throw new Error(`No frame: ${line}`)
  return found
}
const depth = (U: number, u: number): RecordedFrame => frame(diff(0, [U, u], [[100, 1]], []))
const snapshotAt = (id: number): RecordedSnapshot => {
  const found = frame(snapshot(0, id, [[100, 1]], [[101, 1]]))
  if (found.type !== "snapshot") throw new Error("No snapshot")
  return found
}
const opened = (framesMax = 100): LiveBook => {
  const book = new LiveBook("btcusdt", "ws://source", framesMax)
  book.breakOff(0)
  return book
}
const types = (book: LiveBook) => book.take().map(({ type }) => type)

describe("LiveBook", () => {
  it("is whole from the snapshot on and follows the diffs' ids", () => {
    const book = opened()
    expect([book.receive(depth(5, 8)), book.receive(depth(9, 9)), book.isWhole]).toEqual([undefined, undefined, false])
    expect([book.stand(snapshotAt(8)), book.updateId]).toEqual([true, 9])
    expect([book.receive(depth(10, 12)), book.updateId]).toEqual([undefined, 12])
    expect(types(book)).toEqual(["break", "depth", "depth", "snapshot", "depth"])
    expect(book.take()).toEqual([])
  })

  it("waits for a snapshot that reaches the diffs it holds", () => {
    const book = opened()
    book.receive(depth(10, 12))
    expect([book.stand(snapshotAt(8)), book.isWhole]).toEqual([false, false])
    expect([book.stand(snapshotAt(9)), book.updateId]).toEqual([true, 12])
  })

  it("breaks off where an update lacks, and says which", () => {
    const book = opened()
    book.stand(snapshotAt(8))
    book.take()
    expect(book.receive(depth(10, 12))).toBe("update 8 is followed by 10")
    expect([book.isWhole, types(book)]).toEqual([false, ["break", "depth"]])
    expect([book.stand(snapshotAt(8)), book.stand(snapshotAt(11)), book.updateId]).toEqual([false, true, 12])
  })

  it("notices that a diff lacks among those that wait for the snapshot", () => {
    const book = opened()
    book.receive(depth(5, 6))
    expect(book.receive(depth(9, 9))).toBe("update 6 is followed by 9")
    expect([book.stand(snapshotAt(6)), book.stand(snapshotAt(8)), book.updateId]).toEqual([false, true, 9])
  })

  it("breaks off where ids go back, and does not build on the frame that bore them", () => {
    const book = opened()
    book.stand(snapshotAt(10))
    book.receive(depth(11, 12))
    expect(book.receive(depth(20, 21))).toBe("update 12 is followed by 20")
    expect(book.receive(depth(15, 16))).toBe("update 21 is followed by 15")
    book.take()
    expect([book.receive(depth(17, 17)), book.stand(snapshotAt(15)), book.updateId]).toEqual([undefined, true, 17])
    expect(types(book)).toEqual(["depth", "snapshot"])
  })

  it("goes on from a snapshot that came before the stream was right again, and still sees what lacks after it", () => {
    const book = opened()
    book.stand(snapshotAt(2_000))
    book.receive(depth(2_001, 2_002))
    expect(book.receive(depth(1_003, 1_004))).toBe("update 2002 is followed by 1003")
    expect([book.stand(snapshotAt(2_004)), book.updateId]).toEqual([true, 2_004])
    expect([book.receive(depth(2_005, 2_006)), book.isWhole]).toEqual([undefined, true])
    expect(book.receive(depth(2_009, 2_010))).toBe("update 2006 is followed by 2009")

    const other = opened()
    other.stand(snapshotAt(2_000))
    other.receive(depth(2_001, 2_002))
    other.receive(depth(1_003, 1_004))
    other.stand(snapshotAt(2_004))
    expect(other.receive(depth(2_007, 2_008))).toBe("update 2004 is followed by 2007")
  })

  it("takes another connection's ids as they come", () => {
    const book = opened()
    book.stand(snapshotAt(1_000))
    book.receive(depth(1_001, 1_002))
    book.disconnected(1)
    expect([book.isWhole, book.receive(depth(5, 6)), book.stand(snapshotAt(6)), book.updateId]).toEqual([
      false,
      undefined,
      true,
      6
    ])
  })

  it("passes over diffs of a new connection that are older than its snapshot", () => {
    const book = opened()
    book.stand(snapshotAt(10))
    expect([book.receive(depth(5, 6)), book.receive(depth(7, 12)), book.updateId]).toEqual([undefined, undefined, 12])
  })

  it("holds a bounded number of frames: past it all go and the book is broken off", () => {
    const book = opened(10)
    book.stand(snapshotAt(1))
    book.take()
    const faults = Array.from({ length: 25 }, () => book.receive(frame(trade(0, "buy", 101, 1)))).filter(Boolean)
    expect(faults).toEqual(["more than 10 frames wait", "more than 10 frames wait"])
    expect(book.isWhole).toBe(false)
    const held = book.take()
    expect(held.length).toBeLessThanOrEqual(10)
    expect(held[0]!.type).toBe("break")
  })
})
