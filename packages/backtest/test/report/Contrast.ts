/** Relative luminance and contrast of colours as WCAG 2.2 defines them. */

export const channels = (colour: string): ReadonlyArray<number> =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))

/** Channels from 0 to 255. */
export const luminance = (rgb: ReadonlyArray<number>): number => {
  const [red, green, blue] = rgb.map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

/** From 1 to 21, of two colours as `#rrggbb`. */
export const contrast = (one: string, other: string): number => {
  const [light, dark] = [luminance(channels(one)), luminance(channels(other))].toSorted((a, b) => b - a)
  return (light! + 0.05) / (dark! + 0.05)
}

/** `share` of the first over the second, in sRGB, as `color-mix(in srgb, …)` over it shows. */
export const mixed = (colour: string, ground: string, share: number): string => {
  const under = channels(ground)
  const parts = channels(colour).map((channel, at) => Math.round(channel * share + under[at]! * (1 - share)))
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`
}
