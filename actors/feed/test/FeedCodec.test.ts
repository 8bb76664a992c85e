/** What is packed is unpacked the same, whatever the event; what is not a chunk is refused. */
import { assert, describe, it } from "@effect/vitest"
import { gapReasons, type MarketEvent } from "@outcry/model/MarketData"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { pack, UnreadableChunk, unpack } from "../src/FeedCodec.ts"

const instrument = "sim:BTC/USDT"
const feedEpoch = 7

const levels = (random: SeededRandom): Array<number> =>
  Array.from({ length: random.between(0, 6) * 2 }, () => random.between(0, Number.MAX_SAFE_INTEGER))

const anyEvent = (random: SeededRandom, seq: number): MarketEvent => {
  const size = (): number => random.between(0, Number.MAX_SAFE_INTEGER)
  const at = { instrument, feedEpoch, seq, timeVenue: size(), timeReceived: size() }
  const kind = random.between(0, 4)
  if (kind === 0) return { type: "quote", ...at, bidTicks: size(), bidLots: size(), askTicks: size(), askLots: size() }
  if (kind === 1)
    return {
      type: "trade",
      ...at,
      priceTicks: size(),
      lots: size(),
      aggressor: random.chance(0.5) ? "buy" : "sell",
      venueTradeId: size()
    }
  if (kind === 2)
    return { type: "delta", ...at, snapshot: random.chance(0.5), bids: levels(random), asks: levels(random) }
  if (kind === 3)
    return {
      type: "bar",
      ...at,
      intervalUs: size(),
      timeOpen: size(),
      openTicks: size(),
      highTicks: size(),
      lowTicks: size(),
      closeTicks: size(),
      lots: size(),
      trades: size()
    }
  return {
    type: "gap",
    ...at,
    reason: gapReasons[random.between(0, gapReasons.length - 1)]!,
    resumed: random.chance(0.5)
  }
}

describe("the codec of feeds", () => {
  it("gives back every event of every kind, for 300 seeds", () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 300; seed++) {
      const random = new SeededRandom(seed)
      const events = Array.from({ length: random.between(0, 20) }, (_, index) => anyEvent(random, index + 1))
      for (const { type } of events) seen.add(type)
      assert.deepStrictEqual(unpack(instrument, pack(feedEpoch, events)), events, `seed ${seed}`)
    }
    assert.strictEqual(seen.size, 5)
  })

  it("reads a chunk that lies anywhere in a transport's buffer", () => {
    const events = [anyEvent(new SeededRandom(5), 1), anyEvent(new SeededRandom(6), 2)]
    const bytes = pack(feedEpoch, events)
    const buffer = new Uint8Array(bytes.byteLength + 3)
    buffer.set(bytes, 3)
    assert.deepStrictEqual(unpack(instrument, buffer.subarray(3)), events)
  })

  it("refuses what was cut off, or bears a code it does not know", () => {
    const bytes = pack(feedEpoch, [anyEvent(new SeededRandom(1), 1), anyEvent(new SeededRandom(2), 2)])
    for (const length of [0, 8, 15, bytes.byteLength - 8, bytes.byteLength - 1])
      assert.throws(() => unpack(instrument, bytes.slice(0, length)), UnreadableChunk)
    const strange = new Uint8Array(Float64Array.from([feedEpoch, 1, 99, 1, 0, 0]).buffer)
    assert.throws(() => unpack(instrument, strange), UnreadableChunk)
  })
})
