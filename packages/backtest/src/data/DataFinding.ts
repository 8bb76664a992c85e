/** What a check of data found: named, counted and placed, with what to do about it. */
import { Schema } from "effect"

export const findingCodes = [
  "unsorted",
  "duplicate",
  "conflict",
  "gap",
  "offGrid",
  "notFinite",
  "notPositive",
  "badRange",
  "outlier",
  "zeroVolume",
  "stale",
  "badRow",
  "crossed",
  "missingTrades",
  "silence",
  "brokenStream",
  "clock"
] as const
export type FindingCode = (typeof findingCodes)[number]

export const DataFinding = Schema.Struct({
  code: Schema.Literals(findingCodes),
  /** `error`: results would be wrong. `warning`: they may be. `note`: worth knowing. */
  severity: Schema.Literals(["error", "warning", "note"]),
  /** The first row it concerns, from 0, and that row's time, epoch µs. */
  row: Schema.Number,
  time: Schema.Number,
  /** Rows it concerns (of gaps: rows that are missing). */
  count: Schema.Number,
  /** What it is, with the values of the first. */
  detail: Schema.String,
  remedy: Schema.String
})
export type DataFinding = typeof DataFinding.Type

interface Words {
  readonly severity: DataFinding["severity"]
  readonly remedy: string
}

const sortRemedy = 'Sort them: policy "repair" does, by time.'
const words: Readonly<Record<FindingCode, Words>> = {
  unsorted: { severity: "error", remedy: sortRemedy },
  duplicate: { severity: "error", remedy: 'Keep one of each: policy "repair" does.' },
  conflict: { severity: "error", remedy: 'Find out which is right; policy "repair" keeps the one that came last.' },
  gap: { severity: "warning", remedy: 'Fetch them, state the calendar, or fill them marked: policy "repair".' },
  offGrid: { severity: "warning", remedy: "State the interval the bars really have." },
  notFinite: { severity: "error", remedy: 'Fetch them again; policy "repair" drops the rows.' },
  notPositive: { severity: "error", remedy: 'Fetch them again; policy "repair" drops the rows.' },
  badRange: { severity: "error", remedy: "Fetch them again: nothing here can tell which price is wrong." },
  outlier: { severity: "warning", remedy: "Look: a split that was not taken out, a wrong print, or a real move." },
  zeroVolume: { severity: "note", remedy: "Nothing traded: fills at those prices are doubtful." },
  stale: { severity: "warning", remedy: "Look whether the source stopped updating." },
  badRow: { severity: "error", remedy: "Make the tape anew from its source." },
  crossed: { severity: "warning", remedy: "Look whether quotes of several venues were mixed." },
  missingTrades: { severity: "warning", remedy: "Record or fetch them: volumes and bars lack them." },
  silence: { severity: "warning", remedy: "Look whether the recording paused." },
  brokenStream: { severity: "note", remedy: "Orders see no book there; record without interruption where it matters." },
  clock: { severity: "note", remedy: "Latencies measured on these times are too small by that much." }
}

/** Gathers findings of one kind each: the first place and the count. */
export class FindingList {
  private readonly found = new Map<FindingCode, { row: number; time: number; count: number; detail: string }>()

  /** `detail` is asked for once, at the first. */
  add(code: FindingCode, row: number, time: number, detail: () => string, count = 1): void {
    const known = this.found.get(code)
    if (known === undefined) this.found.set(code, { row, time, count, detail: detail() })
    else known.count += count
  }

  /** The gravest first, then in order of their rows. */
  done(): ReadonlyArray<DataFinding> {
    const rank = { error: 0, warning: 1, note: 2 }
    return [...this.found]
      .map(([code, place]): DataFinding => ({ code, ...place, ...words[code] }))
      .toSorted((a, b) => rank[a.severity] - rank[b.severity] || a.row - b.row)
  }
}
