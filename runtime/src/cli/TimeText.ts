/** Durations as people write them on a command line, and times as files hold them. */

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `60s`, `1.5m`, `500ms`, `2h` → milliseconds; throws a RangeError for anything else, for zero and beyond 30 days. */
export const parseDuration = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim())
  const milliseconds = match === null ? 0 : Number(match[1]) * (unitsMs[match[2]!] ?? 0)
  if (milliseconds < 1 || milliseconds > 30 * 24 * 3_600_000) throw new RangeError(`"${text}" is not a duration`)
  return Math.round(milliseconds)
}

/** 61234 → `1m 1s`; below a minute with one decimal, below a second in milliseconds. */
export const durationText = (milliseconds: number): string => {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1_000)
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor((seconds % 3_600) / 60)
  return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m ${seconds % 60}s`
}

/** Epoch milliseconds → ISO 8601 in UTC. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString()
