/** A client's frame as a request, or as the error frame that says what is wrong with it. */
import { type Failure, type Id, limits, methods, Request } from "@outcry/client/Wire"
import { Predicate, Schema } from "effect"

const decode = Schema.decodeUnknownResult(Request, { onExcessProperty: "error" })

const failure = (id: Id | null, code: Failure["error"]["code"], message: string): Failure => ({
  id,
  error: { code, message }
})

/** Deepest nesting of brackets outside strings: told before the text is parsed. */
const depthOf = (text: string): number => {
  let [depth, deepest, inString] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === "\\") at += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth)
    else if (character === "}" || character === "]") depth -= 1
  }
  return deepest
}

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

const isKnownMethod = (method: unknown): boolean => methods.some((known) => known === method)

/** Names a method only where it is text: whatever else a client sends need not have a text form. */
const unknownMethod = (method: unknown): string =>
  typeof method === "string" ? `There is no method ${method.slice(0, 40)}.` : "The method is no text."

/** `text` is undefined for a binary frame. */
export const parseRequest = (text: string | undefined): Request | Failure => {
  if (text === undefined) return failure(null, "bad_json", "Binary frames are not understood; send JSON as text.")
  if (depthOf(text) > limits.depthMax)
    return failure(null, "too_deep", `The frame is nested deeper than ${limits.depthMax} levels.`)
  const parsed = parse(text)
  if (parsed === undefined) return failure(null, "bad_json", "The frame is not JSON.")
  const { value } = parsed
  const named = Predicate.isObject(value) && "id" in value ? value.id : null
  const id = typeof named === "string" || (typeof named === "number" && Number.isInteger(named)) ? named : null
  if (!Predicate.isObject(value) || !("method" in value))
    return failure(
      id,
      "bad_request",
      'A request is an object such as {"id":1,"method":"subscribe","params":{"channel":"strategies"}}.'
    )
  if (!isKnownMethod(value.method))
    return failure(id, "unknown_method", `${unknownMethod(value.method)} Use one of ${methods.join(", ")}.`)
  const request = decode(value)
  if (request._tag === "Failure")
    return failure(
      id,
      "bad_request",
      `The request is not valid: ${request.failure.message.replaceAll(/\s*\n\s*/g, " ").slice(0, 300)}.`
    )
  return request.success
}
