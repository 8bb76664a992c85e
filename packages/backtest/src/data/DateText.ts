/** Calendar days as text and as epoch microseconds. All are UTC: a day's midnight stands for the day. */

export const dayUs = 86_400_000_000

const compact = /^(\d{4})(\d{2})(\d{2})$/

/** Midnight UTC of a day written `yyyyMMdd`, epoch µs; undefined where there is no such day. */
export const timeOfDate = (text: string): number | undefined => {
  const match = compact.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const time = Date.UTC(year, month - 1, day)
  // 30 February becomes a day in March: no such day.
  const back = new Date(time)
  if (back.getUTCFullYear() !== year || back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined
  return time * 1_000
}

/** ISO 8601 text of an epoch µs, to the millisecond; for messages. */
export const timeText = (timeUs: number): string => {
  const ms = Math.floor(timeUs / 1_000)
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${timeUs} µs`
}
