/** What a study needs of the node it lives on: its order, and a word to whoever keeps the list of studies. */
import type { StudySpec } from "@outcry/backtest/search/StudySpec"
import { Context, type Effect } from "effect"
import type { StudyLife } from "./Life.ts"

export interface StudyHostService {
  readonly node: string
  /** Undefined where nobody has asked for such a study. */
  readonly spec: (study: string) => Effect.Effect<StudySpec | undefined>
  /** Its status has become another; called before the caller is answered. */
  readonly statusChanged: (study: string, life: StudyLife) => Effect.Effect<void>
}

export class StudyHost extends Context.Service<StudyHost, StudyHostService>()("@outcry/actor-study/StudyHost") {}
