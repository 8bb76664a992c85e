/** The colours of a report in both themes. A test holds every text colour to WCAG 2.2 AA on every ground it stands on. */

export interface Colours {
  readonly ground: string
  readonly card: string
  readonly text: string
  readonly dim: string
  readonly line: string
  readonly accent: string
  readonly second: string
  readonly third: string
  readonly fourth: string
  readonly good: string
  readonly bad: string
  readonly warn: string
  readonly warnGround: string
}

export type Theme = "light" | "dark"

export const palette: Readonly<Record<Theme, Colours>> = {
  light: {
    ground: "#ffffff",
    card: "#f6f8fa",
    text: "#161b22",
    dim: "#57606a",
    line: "#d4dae1",
    accent: "#0b5cad",
    second: "#8a4b00",
    third: "#6b3fa0",
    fourth: "#00695c",
    good: "#0a6b35",
    bad: "#b42318",
    warn: "#744b00",
    warnGround: "#fff6dd"
  },
  dark: {
    ground: "#0e1216",
    card: "#161c22",
    text: "#e6eaef",
    dim: "#9aa6b2",
    line: "#2c353f",
    accent: "#6cb2ff",
    second: "#f0a95b",
    third: "#c3a0f5",
    fourth: "#5fd0c0",
    good: "#58cf8a",
    bad: "#ff8f85",
    warn: "#f0c060",
    warnGround: "#2a2310"
  }
}

/** Names of the colours that text is set in. */
export const textColours = ["text", "dim", "accent", "second", "third", "fourth", "good", "bad", "warn"] as const

/** Strokes of up to four curves, in order. */
export const strokes = ["accent", "second", "third", "fourth"] as const

const variables = (theme: Theme): string =>
  Object.entries(palette[theme])
    .map(([name, colour]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${colour}`)
    .join(";")

/** As the reader's system is, unless the page's button chose; printed on white. */
export const paletteStyle = `
:root{color-scheme:light;${variables("light")}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${variables("dark")}}}
@media screen{:root[data-theme=dark]{color-scheme:dark;${variables("dark")}}}`
