/** What a study is asked for with, as the manifest of actors keeps it: its spec, and where its strategy and data are. */
import { studySpecOf, type StudySpec } from "@outcry/backtest/search/StudySpec"
import { type DesiredState, listActors, upsertActor } from "@outcry/store/Manifest"
import { Effect, Schema } from "effect"

export const studyType = "Study"

export const StudyOrder = Schema.Struct({
  spec: Schema.Unknown,
  /** Path of the module or declaration. */
  strategy: Schema.String,
  data: Schema.Array(Schema.Struct({ id: Schema.String, store: Schema.String }))
})

export interface StudyOrder {
  readonly spec: StudySpec
  readonly strategy: string
  readonly data: ReadonlyArray<{ readonly id: string; readonly store: string }>
}

export interface KeptOrder {
  readonly study: string
  readonly order: StudyOrder
  readonly desired: DesiredState
}

const decode = Schema.decodeUnknownSync(StudyOrder)

/** Throws what is wrong with a stored order: another release wrote it. */
const orderOf = (config: unknown): StudyOrder => {
  const { data, spec, strategy } = decode(config)
  return { data, spec: studySpecOf(spec), strategy }
}

export const keepOrder = (study: string, order: StudyOrder, desiredState: DesiredState) =>
  upsertActor({ entityType: studyType, entityId: study, ownerId: "local", config: order, desiredState })

/** All studies that were ever asked for and are kept. */
export const keptOrders = Effect.map(listActors(studyType), (actors) =>
  actors.map(({ config, desiredState, entityId }): KeptOrder => ({
    study: entityId,
    order: orderOf(config),
    desired: desiredState
  }))
)

export const keptOrder = (study: string) =>
  Effect.map(keptOrders, (orders) => orders.find((each) => each.study === study))
