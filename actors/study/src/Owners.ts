/**
 * Which workers are alive, by when each was last heard of. One that is known from the journal alone is given the same time
 * from the moment it is first missed. Pure: times come in, epoch µs.
 */
export class Owners {
  private readonly heardUs = new Map<string, number>()
  private readonly silentUsMost: number

  constructor(silentUsMost: number) {
    this.silentUsMost = silentUsMost
  }

  heard(owner: string, nowUs: number): void {
    this.heardUs.set(owner, nowUs)
  }

  /** Those of the given ones that have been silent for too long. */
  lost(owners: Iterable<string>, nowUs: number): ReadonlyArray<string> {
    const lost: Array<string> = []
    for (const owner of owners) {
      const heardUs = this.heardUs.get(owner)
      if (heardUs === undefined) this.heardUs.set(owner, nowUs)
      else if (nowUs - heardUs > this.silentUsMost) lost.push(owner)
    }
    for (const owner of lost) this.heardUs.delete(owner)
    return lost
  }
}
