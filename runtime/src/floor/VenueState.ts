/** How a node stands with its venues, by the metrics that it shows: whether it sends, and how much of the limits is used. */

export interface VenueState {
  readonly venue: string
  readonly node: string
  /** The venue does not answer: new orders are turned away. */
  readonly breakerOpen: boolean
  /** The venue has asked not to be called for this long. */
  readonly blockedSeconds: number
  /** Of the limit that is nearest, 0 to 1. */
  readonly used: number
}

interface Sample {
  readonly name: string
  readonly venue: string
  readonly value: number
}

const samplesIn = (text: string): ReadonlyArray<Sample> =>
  text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? []
    const venue = /(?:^|,)venue="([^"]*)"/.exec(labels)?.[1]
    return name === undefined || venue === undefined ? [] : [{ name, venue, value: Number(value) }]
  })

/** From a node's metrics in Prometheus' text form. */
export const venueStatesIn = (text: string, node: string): ReadonlyArray<VenueState> => {
  const samples = samplesIn(text)
  const most = (name: string, venue: string): number =>
    samples.reduce((max, each) => (each.name === name && each.venue === venue ? Math.max(max, each.value) : max), 0)
  const venues = new Set(samples.filter(({ name }) => /^outcry_(?:venue|rate)_/.test(name)).map(({ venue }) => venue))
  return [...venues].toSorted().map((venue) => ({
    venue,
    node,
    breakerOpen: most("outcry_venue_breaker_open", venue) > 0,
    blockedSeconds: most("outcry_venue_blocked_seconds", venue),
    used: most("outcry_rate_budget_used_ratio", venue)
  }))
}
