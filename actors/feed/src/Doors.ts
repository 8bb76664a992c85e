/**
 * The short way from a feed to a hub of the same process: the feed hands its events over by a call, with neither packing
 * nor a stream between. The stream between the two stays open beside it and says that the feed lives, and when it ends.
 */
import type { MarketEvent } from "@outcry/model/MarketData"
import { Context } from "effect"

/** Where a hub takes the events of one stream: the opening first, then each chunk as it is published. */
export type Door = (events: ReadonlyArray<MarketEvent>) => void

/** The doors of this process, by the name that their stream was asked for with: no other process has one of that name. */
export const Doors = Context.Reference<Map<string, Door>>("@outcry/actor-feed/Doors", {
  defaultValue: () => new Map()
})
