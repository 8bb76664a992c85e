/** Files that a command leaves: told at once where they cannot be written, rather than after the work. */
import { Effect, Option } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { message } from "./Output.ts"
import { reasonOf, userError } from "./UserError.ts"

const written = (path: string, write: () => void) =>
  Effect.try({
    try: write,
    catch: (cause) =>
      userError("ReportNotWritable", `${path} cannot be written: ${reasonOf(cause)}.`, "Choose another place.")
  })

/** Makes sure that each can be written, before there is anything to write. */
export const claimFiles = (files: ReadonlyArray<Option.Option<string>>) =>
  Effect.forEach(
    files.filter(Option.isSome),
    ({ value }) => written(value, () => writeFileSync(value, "", { flag: "a" })),
    { discard: true }
  )

/** `what` is told with its path, such as "tear sheet". */
export const writeText = (path: Option.Option<string>, what: string, text: () => string) =>
  Option.match(path, {
    onNone: () => Effect.void,
    onSome: (file) =>
      written(file, () => writeFileSync(file, text())).pipe(Effect.andThen(message(`${what} written to ${file}`)))
  })

/** Files by name in a folder, which is made. */
export const writeFolder = (
  folder: Option.Option<string>,
  what: string,
  files: () => Readonly<Record<string, string>>
) =>
  Option.match(folder, {
    onNone: () => Effect.void,
    onSome: (path) =>
      written(path, () => {
        mkdirSync(path, { recursive: true })
        for (const [name, text] of Object.entries(files())) writeFileSync(join(path, name), text)
      }).pipe(Effect.andThen(message(`${what} written to ${path}`)))
  })
