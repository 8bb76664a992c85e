/** How many tasks a batch should hold so that it takes about as long as wanted, by how long the ones before took. Pure. */
const wantedMs = 300
const growthMost = 4
const sizeMost = 2_000

export class BatchSize {
  private tasks = 1

  /** For the next batch. */
  get size(): number {
    return this.tasks
  }

  took(tasks: number, ms: number): void {
    const fits = Math.round((tasks * wantedMs) / Math.max(ms, 1))
    this.tasks = Math.max(1, Math.min(fits, tasks * growthMost, sizeMost))
  }
}
