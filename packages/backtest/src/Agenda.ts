/** What is to happen at a later time of a run, earliest first, at equal times in the order it was put down. A binary heap. */
interface Entry {
  readonly timeUs: number
  readonly seq: number
  readonly isReport: boolean
  readonly act: (timeUs: number) => void
}

const isBefore = (a: Entry, b: Entry): boolean => a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.seq < b.seq)

export class Agenda {
  /** Time of the first entry; Infinity where there is none. */
  nextUs = Infinity
  private heap: Array<Entry> = []
  private seq = 0

  put(timeUs: number, isReport: boolean, act: (timeUs: number) => void): void {
    this.insert({ timeUs, seq: this.seq++, isReport, act })
  }

  /** Takes the first entry out and does it. */
  actFirst(): void {
    const { heap } = this
    const first = heap[0]
    if (first === undefined) return
    const last = heap.pop()!
    if (heap.length > 0) this.sink(last)
    this.nextUs = heap[0]?.timeUs ?? Infinity
    first.act(first.timeUs)
  }

  /** Does now, in order, what venues have reported and nobody has heard yet. */
  hearReports(nowUs: number): void {
    const [reports, others] = [true, false].map((kind) => this.heap.filter(({ isReport }) => isReport === kind))
    if (reports!.length === 0) return
    this.heap = []
    this.nextUs = Infinity
    for (const entry of others!) this.insert(entry)
    for (const entry of reports!.toSorted((a, b) => (isBefore(a, b) ? -1 : 1))) entry.act(nowUs)
  }

  private insert(entry: Entry): void {
    const { heap } = this
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
    this.nextUs = heap[0]!.timeUs
  }

  private sink(entry: Entry): void {
    const { heap } = this
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, entry)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = entry
  }
}
