/**
 * Reads TypeScript just well enough to tell code, comments and literals apart, without a compiler.
 *
 * Every view has the length and the line breaks of the source, so an offset in one is an offset in all.
 */

export interface SourceText {
  /** Comments and the insides of strings, templates and regular expressions are spaces; `${...}` stays code. */
  readonly code: string
  /** Only what stands in comments. */
  readonly comments: string
}

const regexBefore =
  /(?:^|[(,=:[!&|?{;+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|yield|await))\s*$/

/** Splits a TypeScript or JavaScript source into its views. */
export const read = (text: string): SourceText => {
  const code = text.split("")
  const comments = text.replace(/[^\n]/g, " ").split("")
  const blank = (from: number, to: number) => {
    for (let at = from; at < to; at++) if (code[at] !== "\n") code[at] = " "
  }
  /** Depth of braces inside each template expression that is open. */
  const templates: Array<number> = []
  let at = 0
  let templateFrom: number | undefined
  while (at < text.length) {
    if (templateFrom !== undefined) {
      const end = endOfTemplatePart(text, at)
      blank(templateFrom, end.opensExpression ? end.at - 2 : end.at - 1)
      if (end.opensExpression) templates.push(0)
      templateFrom = undefined
      at = end.at
      continue
    }
    const two = text.slice(at, at + 2)
    const one = text[at]!
    if (two === "//" || two === "/*") {
      const end = two === "//" ? indexOr(text, "\n", at) : indexOr(text, "*/", at + 2) + 2
      for (let inside = at; inside < Math.min(end, text.length); inside++) comments[inside] = text[inside]!
      blank(at, Math.min(end, text.length))
      at = end
    } else if (one === '"' || one === "'") {
      const end = endOfLiteral(text, at, one)
      blank(at + 1, end - 1)
      at = end
    } else if (one === "`") {
      at += 1
      templateFrom = at
    } else if (one === "/" && regexBefore.test(code.slice(Math.max(0, at - 200), at).join(""))) {
      const end = endOfRegex(text, at)
      blank(at + 1, end - 1)
      at = end
    } else {
      const depth = templates.at(-1)
      if (depth !== undefined && one === "{") templates[templates.length - 1] = depth + 1
      if (depth !== undefined && one === "}") {
        if (depth === 0) {
          templates.pop()
          templateFrom = at + 1
        } else templates[templates.length - 1] = depth - 1
      }
      at += 1
    }
  }
  return { code: code.join(""), comments: comments.join("") }
}

/** The line, from 1, on which an offset lies. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length

const indexOr = (text: string, what: string, from: number): number => {
  const found = text.indexOf(what, from)
  return found === -1 ? text.length : found
}

const endOfLiteral = (text: string, from: number, quote: string): number => {
  let at = from + 1
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1
  return Math.min(at + 1, text.length)
}

const endOfRegex = (text: string, from: number): number => {
  let inClass = false
  let at = from + 1
  while (at < text.length && text[at] !== "\n" && (inClass || text[at] !== "/")) {
    if (text[at] === "[") inClass = true
    if (text[at] === "]") inClass = false
    at += text[at] === "\\" ? 2 : 1
  }
  return Math.min(at + 1, text.length)
}

const endOfTemplatePart = (text: string, from: number): { readonly at: number; readonly opensExpression: boolean } => {
  let at = from
  while (at < text.length && text[at] !== "`") {
    if (text[at] === "$" && text[at + 1] === "{") return { at: at + 2, opensExpression: true }
    at += text[at] === "\\" ? 2 : 1
  }
  return { at: Math.min(at + 1, text.length), opensExpression: false }
}
