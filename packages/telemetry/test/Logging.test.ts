import { Effect, Redacted } from "effect"
import { assert, describe, it } from "@effect/vitest"
import * as Logging from "../src/Logging.ts"
import { causeTrace, withParent } from "../src/TraceContext.ts"

const logged = (format: "json" | "pretty", effect: Effect.Effect<unknown>, color = false) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const write = (line: string): void => void lines.push(line)
    yield* effect.pipe(Effect.provide(Logging.layer({ node: "node-1", format, color, write })))
    return lines
  })

const oneJson = (effect: Effect.Effect<unknown>) =>
  Effect.map(logged("json", effect), (lines): Record<string, unknown> => {
    assert.strictEqual(lines.length, 1)
    assert.notInclude(lines[0] ?? "", "\n")
    return JSON.parse(lines[0] ?? "")
  })

describe("logging", () => {
  it.live("writes one JSON object a line with level, node, attributes and the trace it belongs to", () =>
    Effect.gen(function* () {
      const parent = causeTrace("f", 1, 1)
      const line = yield* oneJson(
        Effect.logWarning("order", { seq: 7n, nested: { at: new Date(0) } }, "refused").pipe(
          Effect.annotateLogs({ account: "main" }),
          withParent(parent)
        )
      )
      assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      assert.deepStrictEqual(
        { ...line, time: "" },
        {
          time: "",
          level: "warn",
          message: "order refused",
          node: "node-1",
          trace_id: parent.traceId,
          span_id: parent.spanId,
          attributes: { seq: "7", nested: { at: "1970-01-01T00:00:00.000Z" }, account: "main" }
        }
      )
    })
  )

  it.live("names the span it is in, not its parent", () =>
    Effect.gen(function* () {
      const parent = causeTrace("f", 1, 1)
      const line = yield* oneJson(Effect.log("x").pipe(Effect.withSpan("inner"), withParent(parent)))
      assert.strictEqual(line["trace_id"], parent.traceId)
      assert.match(String(line["span_id"]), /^[0-9a-f]{16}$/)
      assert.notStrictEqual(line["span_id"], parent.spanId)
    })
  )

  it.live("writes errors with their cause, fields and chain", () =>
    Effect.gen(function* () {
      const error = Object.assign(new Error("outer", { cause: new Error("inner") }), { code: "ECONN" })
      const line = yield* oneJson(Effect.logError("failed", error))
      assert.strictEqual(line["message"], "failed Error: outer")
      assert.deepStrictEqual(line["attributes"], {
        name: "Error",
        message: "outer",
        code: "ECONN",
        cause: { name: "Error", message: "inner" }
      })
      const died = yield* oneJson(
        Effect.die(new Error("boom")).pipe(Effect.catchCause((cause) => Effect.logError("died", cause)))
      )
      assert.include(String(died["error"]), "boom")
      assert.include(String(died["error"]), "Logging.test.ts")
    })
  )

  it.live("never prints a secret, however it gets there", () =>
    Effect.gen(function* () {
      const secret = Redacted.make("hunter2")
      const lines = yield* Effect.forEach(["json", "pretty"] as const, (format) =>
        logged(
          format,
          Effect.logError(
            "start",
            secret,
            { deep: [{ secret }], apiKey: "hunter2", headers: { authorization: "hunter2" } },
            Object.assign(new Error(`postgres://${["u", "hunter2"].join(":")}@h/db is down`), {
              password: "hunter2",
              inner: secret
            })
          ).pipe(Effect.annotateLogs({ secret, sessionToken: "hunter2", map: new Map([["k", secret]]) }))
        )
      )
      assert.strictEqual(lines.flat().length, 2)
      for (const line of lines.flat()) {
        assert.notInclude(line, "hunter2")
        assert.include(line, "<redacted>")
      }
    })
  )

  it.live("bounds and survives whatever it is given", () =>
    Effect.gen(function* () {
      const circular: Record<string, unknown> = {
        big: "x".repeat(100_000),
        items: Array.from({ length: 9999 }, (_, n) => n)
      }
      circular["self"] = circular
      Object.defineProperty(circular, "bad", {
        enumerable: true,
        get: () => {
          throw new Error("no")
        }
      })
      const [line = ""] = yield* logged("json", Effect.log("x", { circular, f: () => 1, n: Number.NaN }))
      assert.isBelow(line.length, 20_000)
      assert.deepInclude(JSON.parse(line).attributes, { f: "function", n: "NaN" })
      const fine: Record<string, unknown> = { a: 1 }
      fine["self"] = fine
      assert.deepStrictEqual((yield* oneJson(Effect.log("x", { fine })))["attributes"], {
        fine: { a: 1, self: "<circular>" }
      })
    })
  )

  it.live("writes a short line for people, in colour only when asked, and leaves out what is below the level", () =>
    Effect.gen(function* () {
      const talk = Effect.andThen(Effect.logDebug("hidden"), Effect.log("hello\u001b[2J", { a: 1 }))
      const [line = "", ...more] = yield* logged("pretty", talk)
      assert.deepStrictEqual(more, [])
      assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}node-1 hello \[2J a=1$/)
      const [coloured = ""] = yield* logged("pretty", talk, true)
      assert.include(coloured, "\u001b[32mINFO ")
      assert.notInclude(coloured, "\u001b[2J")
    })
  )
})
