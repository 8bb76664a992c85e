/** Errors of the packages below that a user can cause or mend, as the command line shows them. */
import { Predicate } from "effect"
import { type UserErrorKind, UserError, userError } from "./UserError.ts"

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
  DataError: "StudyUnusable"
}

/** First sentence and the rest of a message that says both what is wrong and what to do. */
const halves = (message: string): readonly [string, string] => {
  const match = /^(.+?[.!?])\s+(?=[A-Z])(.+)$/s.exec(message)
  return match === null ? [message, "The logs in the data folder say more."] : [match[1]!, match[2]!]
}

/** The same error in the user's form; undefined for what is no user's business. */
export const knownError = (error: unknown): UserError | undefined => {
  if (error instanceof UserError) return error
  if (!(error instanceof Error) || !Predicate.hasProperty(error, "_tag") || !Predicate.isString(error._tag))
    return undefined
  const kind = kinds[error._tag]
  if (kind === undefined) return undefined
  const [reason, remedy] = halves(error.message)
  return userError(kind, reason, remedy)
}
