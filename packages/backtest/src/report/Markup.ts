/**
 * HTML that cannot be broken by what it shows: text put into a `markup` template is escaped, only Markup goes in as it is.
 */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Undefined, null and false show nothing, so that a part can be left out with `&&`. */
export type Shown = Markup | string | number | undefined | null | false | ReadonlyArray<Shown>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** Safe as text and inside an attribute in either kind of quotes. */
export const escapeText = (text: string): string => text.replace(/[&<>"']/g, (each) => entities[each]!)

const shown = (value: Shown): string => {
  if (value === undefined || value === null || value === false) return ""
  if (value instanceof Markup) return value.text
  if (typeof value === "string") return escapeText(value)
  if (typeof value === "number") return String(value)
  return value.map(shown).join("")
}

export const markup = (parts: TemplateStringsArray, ...values: ReadonlyArray<Shown>): Markup => {
  let text = parts[0]!
  for (let index = 0; index < values.length; index++) text += shown(values[index]) + parts[index + 1]!
  return new Markup(text)
}

/** JSON that may stand inside a `<script type="application/json">`: nothing in it can end the element. */
export const jsonMarkup = (value: unknown): Markup =>
  new Markup(
    JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")
  )
