/** What the gateway answers over HTTP: JSON, or a problem (RFC 9457) that says what is wrong and what to do. */
import type { Problem } from "@outcry/client/Api"
import { Data } from "effect"
import { STATUS_CODES } from "node:http"

export interface Answer {
  readonly status: number
  readonly type: "application/json" | "application/problem+json" | "text/plain; version=0.0.4; charset=utf-8"
  readonly body: string
  /** Seconds after which the same request may do. */
  readonly retryAfter?: number
}

export const answerJson = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: `${JSON.stringify(value)}\n`
})

export const problem = (status: number, detail: string, errors: Problem["errors"] = []): Answer => {
  const body: Problem = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    ...(errors.length === 0 ? {} : { errors })
  }
  const answer: Answer = { status, type: "application/problem+json", body: `${JSON.stringify(body)}\n` }
  return status === 503 ? { ...answer, retryAfter: 1 } : answer
}

/** Ends a request with a problem. */
export class Refusal extends Data.TaggedError("Refusal")<{ readonly answer: Answer }> {
  static of(status: number, detail: string, errors: Problem["errors"] = []): Refusal {
    return new Refusal({ answer: problem(status, detail, errors) })
  }
}
