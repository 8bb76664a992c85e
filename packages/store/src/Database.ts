/**
 * Connections to one Postgres database: the shared pool (`PgClient`, `SqlClient`) and, through the `Database` service,
 * further pools with session settings of their own (the journal's). Every session commits synchronously at READ
 * COMMITTED, which the journal's fence is built on, whatever the server's defaults are. The password is never printed.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlError } from "effect/sql"
import type { Scope } from "effect"

export class DatabaseUnreachable extends Schema.TaggedError<DatabaseUnreachable>()("DatabaseUnreachable", {
  /** Host, port and database; no user, no password. */
  address: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `The database ${this.address} cannot be used: ${this.reason}. ${this.remedy}`
  }
}

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: Redacted.Redacted
  /** Shown in `pg_stat_activity`. Default "outcry". */
  readonly applicationName?: string
  /** Connections of the shared pool. Default 10. */
  readonly poolSize?: number
  /** Default 5 s. */
  readonly connectTimeoutMs?: number
}

/** Settings of one pool beside the common ones. */
export interface PoolOptions {
  readonly size: number
  readonly purpose: string
  /** Server settings of each session, e.g. `{ lock_timeout: "2000" }`. */
  readonly session?: Readonly<Record<string, string>>
}

/** Host, port and database of a connection URL, without its credentials. */
export const databaseAddress = (url: Redacted.Redacted): string => {
  try {
    const parsed = new URL(Redacted.value(url))
    return `${parsed.hostname || "localhost"}:${parsed.port || "5432"}${parsed.pathname}`
  } catch {
    return "(not a URL)"
  }
}

const remedyFor = (error: SqlError.SqlError): string => {
  switch (error.reason._tag) {
    case "AuthenticationError":
      return "Correct the user and password in DATABASE_URL."
    case "ConnectionError":
      return "Start the server, correct DATABASE_URL, or unset it to use the embedded Postgres."
    default:
      return "Correct DATABASE_URL: see whether the database exists and this user may use it."
  }
}

// A driver's message may quote the URL it was given, so whatever looks like credentials is taken out.
const withoutSecret = (text: string, url: Redacted.Redacted): string => {
  const raw = Redacted.value(url)
  const password = URL.canParse(raw) ? new URL(raw).password : ""
  const plain = text.replaceAll(raw, "(the URL)")
  return password === "" ? plain : plain.replaceAll(password, "…").replaceAll(decodeURIComponent(password), "…")
}

/** What went wrong with what was behind it: the driver's message alone often names only the step that failed. */
export const sqlErrorText = (error: SqlError.SqlError): string => {
  const cause = error.reason.cause
  const detail = cause instanceof Error && cause.message !== "" ? cause.message : ""
  return detail === "" || error.message.includes(detail) ? error.message : `${error.message} (${detail})`
}

export class Database extends Context.Service<
  Database,
  {
    readonly address: string
    /** A pool of its own, closed with the scope. */
    readonly pool: (options: PoolOptions) => Effect.Effect<PgClient.PgClient, DatabaseUnreachable, Scope.Scope>
  }
>()("@outcry/store/Database") {
  /** Fails with `DatabaseUnreachable` unless a first query succeeds. Later losses surface where they happen. */
  static readonly layer = (
    options: DatabaseOptions
  ): Layer.Layer<Database | PgClient.PgClient | SqlClient.SqlClient, DatabaseUnreachable> =>
    Layer.effectContext(
      Effect.gen(function* () {
        const address = databaseAddress(options.url)
        const application = options.applicationName ?? "outcry"
        const refuse = (error: SqlError.SqlError) =>
          new DatabaseUnreachable({
            address,
            reason: withoutSecret(sqlErrorText(error), options.url),
            remedy: remedyFor(error)
          })
        const pool = (settings: PoolOptions) =>
          PgClient.make({
            url: options.url,
            maxConnections: settings.size,
            connectTimeout: options.connectTimeoutMs ?? 5_000,
            keepAlive: 5_000,
            applicationName: `${application}${settings.purpose === "" ? "" : `/${settings.purpose}`}`,
            startupParameters: {
              default_transaction_isolation: "read committed",
              synchronous_commit: "on",
              timezone: "UTC",
              ...settings.session
            }
          }).pipe(Effect.mapError(refuse), Effect.provide(Reactivity.layer))
        const client = yield* pool({ size: options.poolSize ?? 10, purpose: "" })
        yield* client`SELECT 1`.pipe(Effect.mapError(refuse))
        return Context.make(PgClient.PgClient, client).pipe(
          Context.add(SqlClient.SqlClient, client),
          Context.add(Database, Database.of({ address, pool }))
        )
      })
    )
}
