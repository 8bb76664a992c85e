/** What can go wrong while the embedded Postgres starts; each says what to do next. */
import { Schema } from "effect"

/** The port asked for is taken by another program. */
export class PortInUse extends Schema.TaggedError<PortInUse>()("PortInUse", { port: Schema.Number }) {
  override get message(): string {
    return `Port ${this.port} on 127.0.0.1 is in use. Stop the program that holds it, or give another database port (0 takes a free one).`
  }
}

/** The data folder cannot be used as it is. Nothing in it has been changed. */
export class DataDirUnusable extends Schema.TaggedError<DataDirUnusable>()("DataDirUnusable", {
  path: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `The data folder ${this.path} cannot be used: ${this.reason}. ${this.remedy}`
  }
}

/** Postgres or its initialisation ended early; `logTail` holds its last lines. */
export class PostgresStartFailed extends Schema.TaggedError<PostgresStartFailed>()("PostgresStartFailed", {
  reason: Schema.String,
  logFile: Schema.String,
  logTail: Schema.String
}) {
  override get message(): string {
    const tail = this.logTail.trim()
    return `The embedded Postgres did not start: ${this.reason}. Its log is ${this.logFile}; set DATABASE_URL to use a server of your own.${tail === "" ? "" : `\n${tail}`}`
  }
}

export type PostgresError = PortInUse | DataDirUnusable | PostgresStartFailed
