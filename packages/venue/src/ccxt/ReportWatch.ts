/**
 * Whether a stream of reports still reports: an order that the venue has just accepted or canceled must show there soon.
 * One that does not means that the stream, however alive its connection looks, has lost reports. Pure: times come in.
 */

/** Reported ids that are remembered: a report may overtake the reply to its request. */
const idsMost = 1_000

export class ReportWatch {
  private readonly withinUs: number
  private readonly expected = new Map<string, number>()
  private readonly reported = new Map<string, number>()

  constructor(withinUs: number) {
    this.withinUs = withinUs
  }

  /** The venue has answered a request about this order that was sent at `sentUs`. */
  expect(clientOrderId: string, sentUs: number, nowUs: number): void {
    if ((this.reported.get(clientOrderId) ?? -1) >= sentUs) return
    if (this.expected.size < idsMost) this.expected.set(clientOrderId, nowUs)
  }

  saw(clientOrderId: string, nowUs: number): void {
    this.expected.delete(clientOrderId)
    this.reported.delete(clientOrderId)
    this.reported.set(clientOrderId, nowUs)
    if (this.reported.size <= idsMost) return
    const [oldest] = this.reported.keys()
    if (oldest !== undefined) this.reported.delete(oldest)
  }

  /** The order whose report is overdue, if any. */
  overdue(nowUs: number): string | undefined {
    for (const [clientOrderId, sinceUs] of this.expected) if (nowUs - sinceUs > this.withinUs) return clientOrderId
    return undefined
  }

  /** A new connection: what was missed is asked for otherwise. */
  reset(): void {
    this.expected.clear()
  }
}
