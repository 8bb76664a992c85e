/**
 * One life of a study on one node: its state as the journal has it, and the one way to change it. When an append fails the
 * state in memory is void, and so is the life.
 */
import type { StudyCommand, StudyEvent, StudyRefusal } from "@outcry/backtest/search/StudyMessages"
import { StudyEvent as EventSchema } from "@outcry/backtest/search/StudyMessages"
import type { StudySpec } from "@outcry/backtest/search/StudySpec"
import { decideStudy, evolveStudy, initialStudy, type StudyState } from "@outcry/backtest/search/StudyState"
import { Journal } from "@outcry/store/Journal"
import type { JournalRow } from "@outcry/store/JournalRow"
import { Clock, Effect, Schema, Stream } from "effect"

export const entityIdOf = (study: string): string => `Study/${study}`

export interface StudyLife {
  readonly state: StudyState
  readonly epoch: number
  /** Runs commands in turn and commits all that follows; answers how each was refused, where it was. */
  readonly execute: (
    commands: ReadonlyArray<StudyCommand>
  ) => Effect.Effect<ReadonlyArray<StudyRefusal | undefined>, Error>
}

const decodeEvent = Schema.decodeUnknownEffect(EventSchema)

/** Facts of one append; a longer list goes in several. */
const rowsMost = 1_000

/** Claims the study and replays it. */
export const openLife = Effect.fn("Study.open")(function* (study: string, spec: StudySpec) {
  const journal = yield* Journal
  const entityId = entityIdOf(study)
  const { epoch } = yield* journal.claim(entityId, "study")
  const state = initialStudy(spec)
  let seq = 0
  yield* journal.read(entityId).pipe(
    Stream.runForEach((row) =>
      Effect.map(decodeEvent(row.payload), (event) => {
        evolveStudy(state, event)
        seq = row.seq
      })
    )
  )
  let commands = 0

  const commit = Effect.fnUntraced(function* (events: ReadonlyArray<StudyEvent>) {
    const timeUs = Math.floor((yield* Clock.currentTimeMillis) * 1000)
    const commandId = `${epoch}-${++commands}`
    const rows = events.map((payload, commandPart): JournalRow => ({
      seq: ++seq,
      commandId,
      commandPart,
      type: payload.type,
      version: payload.version,
      timeUs,
      opening: false,
      clientOrderId: null,
      fillKey: null,
      payload
    }))
    for (let from = 0; from < rows.length; from += rowsMost) {
      const part = rows.slice(from, from + rowsMost)
      yield* journal.append({ entityId, epoch, firstSeq: part[0]!.seq, events: part })
    }
  })

  const execute = Effect.fnUntraced(function* (given: ReadonlyArray<StudyCommand>) {
    const events: Array<StudyEvent> = []
    const refusals: Array<StudyRefusal | undefined> = []
    for (const command of given) {
      const decision = decideStudy(state, command)
      refusals.push(decision.refused)
      for (const event of decision.refused === undefined ? decision.events : []) {
        evolveStudy(state, event)
        events.push(event)
      }
    }
    if (events.length > 0) yield* commit(events)
    return refusals
  })

  const life: StudyLife = { state, epoch, execute }
  return life
})
