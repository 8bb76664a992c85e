/** Errors of the packages below that a user can cause or mend, as the command line shows them. */
import { Predicate, Schema } from "effect"
import { isoTime } from "./TimeText.ts"
import { reasonOf, type UserErrorKind, UserError, userError } from "./UserError.ts"

const kinds: Readonly<Record<string, UserErrorKind>> = {
  DatabaseUnreachable: "DatabaseUnreachable",
  DatabaseTooNew: "DatabaseUnusable",
  MigrationFailed: "DatabaseUnusable",
  ShardCountMismatch: "DatabaseUnusable",
  PostgresStartFailed: "DatabaseUnusable",
  PortInUse: "PortInUse",
  DataDirUnusable: "DataFolderUnusable",
  SpanFilesError: "DataFolderUnusable",
  CollectorError: "CollectorFailed",
  InvalidStrategy: "UnknownStrategy",
  VenueUnreachable: "ExchangeFailed",
  StudyUnusable: "StudyUnusable",
  DataError: "DataUnusable",
  TapeFault: "DataUnusable",
  InvalidInstrument: "DataUnusable",
  BacktestFault: "RunRefused",
  InvalidModel: "RunRefused",
  InvalidInput: "RunRefused",
  InvalidSignal: "RunRefused",
  RunRefused: "RunRefused",
  InvalidResultFile: "ResultUnusable",
  ResearchRunUnknown: "ResultUnusable"
}

/** First sentence and the rest of a message that says both what is wrong and what to do. */
const halves = (message: string): readonly [string, string] => {
  const match = /^(.+?[.!?])\s+(?=[A-Z])(.+)$/s.exec(message)
  return match === null ? [message, "The logs in the data folder say more."] : [match[1]!, match[2]!]
}

const isFailure = Schema.is(
  Schema.Struct({ strategy: Schema.String, event: Schema.String, timeUs: Schema.Number, reason: Schema.String })
)

/** A strategy that ended its own run: where it was and what it threw. */
const strategyFailure = (error: Error): UserError | undefined =>
  isFailure(error)
    ? userError(
        "StrategyFailed",
        `${error.strategy} failed on ${error.event} at ${isoTime(Math.floor(error.timeUs / 1000))}: ${error.reason.replace(/\.$/, "")}.`,
        "Correct the strategy; OUTCRY_DEBUG=1 shows where it happened."
      )
    : undefined

/** A listening socket that could not be opened; its own message names only the step. */
const socketFailure = (error: Error): UserError =>
  userError(
    "PortInUse",
    `A port cannot be opened: ${reasonOf(error.cause).replace(/\.$/, "")}.`,
    "Stop the program that has it, or choose another port."
  )

/** The same error in the user's form; undefined for what is no user's business. */
export const knownError = (error: unknown): UserError | undefined => {
  if (error instanceof UserError) return error
  if (!(error instanceof Error) || !Predicate.hasProperty(error, "_tag") || !Predicate.isString(error._tag))
    return undefined
  if (error._tag === "StrategyFailed") return strategyFailure(error)
  if (error._tag === "SocketServerError") return socketFailure(error)
  const kind = kinds[error._tag]
  if (kind === undefined) return undefined
  const [reason, remedy] = halves(error.message)
  return userError(kind, reason, remedy)
}
