/** Ichimoku kinkō hyō: five lines from midpoints of three windows. */
import { MidPrice } from "./Channel.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { Lag } from "./Lag.ts"
import { factor, period } from "./Parameter.ts"

/**
 * Tenkan and kijun: midprice of the short and middle window. Senkou A: (tenkan + kijun) / 2, senkou B: midprice of the long
 * window, both as of `displacement` bars ago, which is where a chart draws them today: the cloud this bar trades in, with
 * no look into the future. Chikou: this bar's close, which a chart draws `displacement` bars back. Source: G. Hosoda,
 * 1968. Warm-up: tenkan and kijun their window − 1, senkou A and B that + displacement, chikou 0. Unit: price.
 */
export class Ichimoku extends Kernel {
  private readonly tenkan: MidPrice
  private readonly kijun: MidPrice
  private readonly wide: MidPrice
  private readonly leadA: Lag
  private readonly leadB: Lag

  constructor(short: number, middle: number, long: number, displacement: number) {
    const [tenkan, kijun, wide] = [new MidPrice(short), new MidPrice(middle), new MidPrice(long)]
    const [leadA, leadB] = [new Lag(displacement), new Lag(displacement)]
    super({ inputs: 3, outputs: 5, parts: [tenkan, kijun, wide, leadA, leadB] })
    this.tenkan = tenkan
    this.kijun = kijun
    this.wide = wide
    this.leadA = leadA
    this.leadB = leadB
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const tenkan = outputs[0]!
    const kijun = outputs[1]!
    const senkouA = outputs[2]!
    const senkouB = outputs[3]!
    const chikou = outputs[4]!
    this.tenkan.pass(high, low, tenkan, rows)
    this.kijun.pass(high, low, kijun, rows)
    this.wide.pass(high, low, senkouB, rows)
    this.leadB.pass(senkouB, senkouB, rows)
    for (let row = 0; row < rows; row++) {
      senkouA[row] = (tenkan[row]! + kijun[row]!) / 2
      chikou[row] = close[row]!
    }
    this.leadA.pass(senkouA, senkouA, rows)
  }
}

export const ichimoku = define({
  name: "ichimoku",
  formula:
    "tenkan, kijun: midprice of the short and middle window; senkouA their mean, senkouB midprice of the long window, both as of `displacement` bars ago: the cloud this bar trades in; chikou this bar's close",
  source: "G. Hosoda, 1968",
  title: "Ichimoku cloud",
  inputs: ["high", "low", "close"],
  outputs: ["tenkan", "kijun", "senkouA", "senkouB", "chikou"],
  unit: "price",
  parameters: {
    tenkan: period(9, 1, "short window, in bars"),
    kijun: period(26, 1, "middle window, in bars"),
    senkou: period(52, 1, "long window, in bars"),
    displacement: { ...factor(26, 0, 1000, "bars the cloud is drawn ahead"), kind: "integer" }
  },
  warmup: ({ displacement, kijun, senkou, tenkan }) => Math.max(tenkan, kijun, senkou) - 1 + displacement,
  make: ({ displacement, kijun, senkou, tenkan }) => new Ichimoku(tenkan, kijun, senkou, displacement)
})
