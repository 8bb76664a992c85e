/**
 * What a user can cause or mend: a stable code, one sentence of cause, one of remedy, and the exit code it ends with.
 *
 * Exit codes of every command: 0 ok, 1 the run failed or its report found a violation, 2 wrong usage, 3 something that
 * is needed cannot be reached or every strategy is locked, 4 taken by another run. 128 + n where signal n ended it.
 */
import { Schema } from "effect"

export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3, taken: 4 } as const

/** Every code, with the exit code it ends with. A number is never used for something else. */
export const userErrors = {
  Usage: { code: "OUTCRY-1001", exitCode: exitCodes.usage },
  InvalidParameters: { code: "OUTCRY-1002", exitCode: exitCodes.usage },
  UnknownStrategy: { code: "OUTCRY-1003", exitCode: exitCodes.usage },
  RecordingUnusable: { code: "OUTCRY-1004", exitCode: exitCodes.usage },
  LiveUnreachable: { code: "OUTCRY-1005", exitCode: exitCodes.unreachable },
  InvalidConfiguration: { code: "OUTCRY-1006", exitCode: exitCodes.usage },
  LiveVenue: { code: "OUTCRY-1008", exitCode: exitCodes.usage },
  UnknownIndicator: { code: "OUTCRY-1020", exitCode: exitCodes.usage },
  BarFileUnusable: { code: "OUTCRY-1021", exitCode: exitCodes.usage },
  StudyUnusable: { code: "OUTCRY-1022", exitCode: exitCodes.usage },
  UnknownStudy: { code: "OUTCRY-1023", exitCode: exitCodes.usage },
  DataUnusable: { code: "OUTCRY-1030", exitCode: exitCodes.usage },
  RunRefused: { code: "OUTCRY-1031", exitCode: exitCodes.usage },
  ResultUnusable: { code: "OUTCRY-1032", exitCode: exitCodes.usage },
  ReportNotWritable: { code: "OUTCRY-1007", exitCode: exitCodes.usage },
  FloorRunning: { code: "OUTCRY-2001", exitCode: exitCodes.taken },
  PortInUse: { code: "OUTCRY-2002", exitCode: exitCodes.taken },
  DataFolderUnusable: { code: "OUTCRY-2003", exitCode: exitCodes.failed },
  DatabaseUnreachable: { code: "OUTCRY-2004", exitCode: exitCodes.unreachable },
  DatabaseUnusable: { code: "OUTCRY-2005", exitCode: exitCodes.failed },
  ExchangeFailed: { code: "OUTCRY-2006", exitCode: exitCodes.failed },
  NodeFailed: { code: "OUTCRY-2007", exitCode: exitCodes.failed },
  CollectorFailed: { code: "OUTCRY-2008", exitCode: exitCodes.failed },
  ChaosFailed: { code: "OUTCRY-2009", exitCode: exitCodes.failed },
  NotRepeatable: { code: "OUTCRY-2010", exitCode: exitCodes.failed },
  StudyStopped: { code: "OUTCRY-2011", exitCode: exitCodes.failed },
  StrategyFailed: { code: "OUTCRY-2030", exitCode: exitCodes.failed },
  StrategyStalled: { code: "OUTCRY-2031", exitCode: exitCodes.failed },
  NoFloor: { code: "OUTCRY-3001", exitCode: exitCodes.unreachable },
  GatewayUnreachable: { code: "OUTCRY-3002", exitCode: exitCodes.unreachable },
  UnknownOrder: { code: "OUTCRY-3003", exitCode: exitCodes.usage },
  UnknownAccount: { code: "OUTCRY-3005", exitCode: exitCodes.usage },
  RequestRefused: { code: "OUTCRY-3006", exitCode: exitCodes.failed },
  JournalDamaged: { code: "OUTCRY-3007", exitCode: exitCodes.failed },
  StrategiesLocked: { code: "OUTCRY-3008", exitCode: exitCodes.unreachable },
  TokenRefused: { code: "OUTCRY-3004", exitCode: exitCodes.unreachable },
  Defect: { code: "OUTCRY-9001", exitCode: exitCodes.failed }
} as const

export type UserErrorKind = keyof typeof userErrors

export class UserError extends Schema.TaggedError<UserError>()("UserError", {
  kind: Schema.Literals(Object.keys(userErrors) as ReadonlyArray<UserErrorKind>),
  /** One sentence: what is wrong. */
  reason: Schema.String,
  /** One sentence: what to do. */
  remedy: Schema.String
}) {
  get code(): string {
    return userErrors[this.kind].code
  }
  get exitCode(): number {
    return userErrors[this.kind].exitCode
  }
  override get message(): string {
    return `${this.code} ${this.reason} ${this.remedy}`
  }
}

export const userError = (kind: UserErrorKind, reason: string, remedy: string): UserError =>
  new UserError({ kind, reason, remedy })

/** The words of any failure, for the `reason` of an error made from it. */
export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
