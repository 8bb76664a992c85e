/** Flags that several commands share, so that each means the same everywhere. */
import { Flag } from "effect/cli"
import { userInfo } from "node:os"

export const dataFolder = Flag.String("data").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription("Folder of the floor: database, logs, spans (OUTCRY_DATA_DIR; default ./.outcry)"),
  Flag.optional
)

export const database = Flag.String("database").pipe(
  Flag.withMetavar("URL"),
  Flag.withDescription("Look into this database instead of the data folder's"),
  Flag.optional
)

export const asJson = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON instead of text"),
  Flag.withDefault(false)
)

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A user without a name, as in some containers.
    return "operator"
  }
}

export const by = Flag.String("by").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription("Who asks, for the journal (default: the user of this shell)"),
  Flag.withDefault(userName())
)

export const reason = Flag.String("reason").pipe(Flag.withMetavar("TEXT"), Flag.withDescription("Why, for the journal"))

export const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDescription("Do it without asking"),
  Flag.withDefault(false)
)
