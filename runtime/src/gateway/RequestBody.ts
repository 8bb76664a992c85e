/** The body of a request: JSON of a bounded size, decoded by its schema; what does not fit is named field by field. */
import { Effect, Schema } from "effect"
import type { IncomingMessage } from "node:http"
import { Refusal } from "./Answer.ts"

const bytesMax = 16_384

const textOf = (request: IncomingMessage): Effect.Effect<string, Refusal> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= bytesMax) chunks.push(chunk)
      else resume(Effect.fail(Refusal.of(413, `A body may have ${bytesMax} bytes.`)))
    })
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks).toString("utf8"))))
    request.once("error", () => resume(Effect.fail(Refusal.of(400, "The body was cut off."))))
  })

const parse = (text: string): Effect.Effect<unknown, Refusal> =>
  Effect.try({ try: (): unknown => JSON.parse(text), catch: () => Refusal.of(400, "The body is not JSON.") })

const fieldOf = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): string =>
  (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")

/** Fails with a problem that names each field that is missing, superfluous or wrong. */
export const bodyOf = <A, I>(request: IncomingMessage, schema: Schema.Codec<A, I>): Effect.Effect<A, Refusal> => {
  const { validate } = Schema.toStandardSchemaV1(schema, {
    parseOptions: { onExcessProperty: "error", errors: "all" }
  })["~standard"]
  return Effect.gen(function* () {
    if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
      return yield* Refusal.of(415, "Send JSON, with `Content-Type: application/json`.")
    const body = yield* Effect.flatMap(textOf(request), parse)
    const result = yield* Effect.promise(async () => validate(body))
    if (result.issues === undefined) return result.value
    const errors = result.issues.map(({ message, path }) => ({
      field: fieldOf(path),
      message: message.replaceAll(/\s*\n\s*/g, " ")
    }))
    const named = errors.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`))
    return yield* Refusal.of(422, `The request is not valid. ${named.join("; ")}.`, errors)
  })
}
