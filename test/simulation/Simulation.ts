/**
 * One run of a simulated floor, whole from its seed: nodes, accounts, strategies, faults, and the verdict once the faults
 * are over and all has come to rest. The same seed gives the same run, as its hash shows.
 */
import type { AccountStatus } from "@outcry/actor-account/Protocol"
import type { Mark } from "@outcry/model/AccountEvent"
import { defaults } from "@outcry/model/Limits"
import { Database } from "@outcry/testkit/sim/Database"
import type { Machine } from "@outcry/testkit/sim/Machine"
import { Network } from "@outcry/testkit/sim/Network"
import { Switchboard } from "@outcry/testkit/sim/SimulatedCluster"
import type { TracedEvent } from "@outcry/testkit/sim/Trace"
import { SimulatedVenue } from "@outcry/testkit/sim/Venue"
import { startUs, World } from "@outcry/testkit/sim/World"
import { wireSymbol } from "@outcry/exchange-sim/Listings"
import { Context, Effect } from "effect"
import { withoutAmbience } from "./Ambience.ts"
import { FaultPlan } from "./FaultPlan.ts"
import { type Acknowledged, drive, type LoadOptions, operate, settle } from "./Load.ts"
import { type AccountClient, type Floor, startClient, startNode } from "./SimulatedNode.ts"
import { judge, type Violation } from "./Verdict.ts"

export interface SimulationOptions {
  /** Gets what the nodes log, to look into a seed; a run with it is slower and otherwise the same. */
  readonly log?: ((who: string, text: string) => void) | undefined
}

export interface Outcome {
  readonly seed: number
  /** Of everything of consequence, in order, with its virtual time. */
  readonly hash: string
  readonly violations: ReadonlyArray<Violation>
  readonly faults: ReadonlyArray<string>
  /** The last events, for a seed that failed. */
  readonly last: ReadonlyArray<TracedEvent>
  readonly steps: number
  readonly virtualMs: number
  readonly orders: number
  readonly fills: number
}

/** How long faults and load last, and within what time afterwards all must have come to rest. */
const loadUs = [900_000, 2_600_000] as const
const aftermathUs = [0, 0, 1_500_000, 4_000_000] as const
const takeoverUsMax = 6_000_000
const restUsMax = 60_000_000
const stepsMax = 3_000_000
/** As often as the market moves. */
const quoteEveryUs = 25_000

class Run {
  readonly world: World
  readonly network: Network
  readonly database: Database
  readonly venue: SimulatedVenue
  readonly floor: Floor
  readonly processes = new Map<string, Machine>()
  readonly acknowledged: Array<Acknowledged> = []
  readonly atRest = new Map<string, AccountStatus>()
  private readonly quotes = new Map<string, { readonly bidTicks: number; readonly askTicks: number }>()
  private readonly quotedUs = new Map<string, number>()
  private isOver = false
  private isMending = false
  private drivers = 0

  constructor(seed: number, log: SimulationOptions["log"]) {
    const world = new World(seed, log)
    const random = world.chanceFor("floor")
    this.world = world
    this.network = new Network(world)
    const lockExpiryMs = random.pick([1_000, 1_000, 3_000])
    this.database = new Database(world, lockExpiryMs * 1000)
    const names = ["n1", "n2", "n3"].slice(0, random.pick([1, 2, 2, 2, 2, 2, 3]))
    const accounts = ["alpha", "beta"].slice(0, random.pick([1, 1, 2]))
    const balances = { USDT: "500000", BTC: "5", ETH: "60" }
    const specs = accounts.map((name) => ({ name, apiKey: name, secret: name, balances }))
    this.venue = new SimulatedVenue(world, specs, random.pick([1, 1, 2]))
    this.floor = {
      database: this.database,
      venue: this.venue,
      board: new Switchboard(this.network),
      runners: new Map(),
      nodes: names,
      accounts,
      settings: {
        venue: "sim",
        limits: { ...defaults, orderRateMax: 200 },
        instruments: this.venue.instruments.map(({ id }) => id)
      },
      orderExpiryUs: random.pick([1_000_000, 2_000_000]),
      snapshotEvery: random.pick([60, 200, 1000]),
      journalId: "simulation",
      lockExpiryMs,
      quote: (machine, instrument) => this.quote(machine, instrument)
    }
    this.takeQuotes()
  }

  /** Boots a node under that name, after the one before it died. */
  start(name: string): void {
    const before = this.processes.get(name)
    const machine = this.world.machine(name)
    if (before !== undefined && !this.isMending) machine.skewUs = before.skewUs
    this.processes.set(name, machine)
    startNode(this.floor, machine)
  }

  execute(): Outcome {
    const { floor, world } = this
    const random = world.chanceFor("run")
    for (const name of floor.nodes) this.start(name)
    const desk = world.machine("desk")
    let client: ((account: string) => AccountClient) | undefined
    startClient(floor, desk, (made) =>
      Effect.suspend(() => {
        client = made
        return this.load(made, desk)
      })
    )
    const loadUntilUs = world.nowUs + random.between(...loadUs)
    const plan = new FaultPlan(
      {
        world,
        network: this.network,
        database: this.database,
        venue: this.venue,
        names: floor.nodes,
        process: (name) => {
          const process = this.processes.get(name)
          return process?.alive === true ? process : undefined
        },
        start: (name) => this.start(name)
      },
      loadUntilUs
    )
    let isFinite = world.run(loadUntilUs, stepsMax)
    this.isOver = true
    // Some faults show only when a successor comes, which takes as long as locks last.
    isFinite &&= world.run(world.nowUs + random.pick(aftermathUs), stepsMax)
    isFinite &&= world.run(world.nowUs + takeoverUsMax, stepsMax, () => plan.waiting === 0)
    this.isMending = true
    plan.end()
    world.note("world", "the faults are over")
    let resting = 0
    const options = this.options(client!, desk)
    for (const account of floor.accounts)
      desk.fork(
        Effect.flatMap(settle(account, options), (status) =>
          Effect.sync(() => {
            this.atRest.set(account, status)
            resting += 1
          })
        ),
        Context.empty()
      )
    const restFromUs = world.nowUs
    isFinite &&= world.run(restFromUs + restUsMax, stepsMax, () => resting === floor.accounts.length)
    const violations = [
      ...judge({
        database: this.database,
        venue: this.venue,
        accounts: floor.accounts,
        acknowledged: this.acknowledged,
        atRest: this.atRest
      })
    ]
    if (!isFinite) violations.push({ invariant: "I6 bounded", detail: `more than ${stepsMax} steps` })
    return {
      seed: world.seed,
      hash: world.trace.hash,
      violations,
      faults: plan.told,
      last: world.trace.last,
      steps: world.steps,
      virtualMs: Math.round((world.nowUs - startUs) / 1000),
      orders: this.venue.exchange.log.filter(({ type }) => type === "order").length,
      fills: this.venue.exchange.log.filter(({ type }) => type === "fill").length
    }
  }

  private options(client: (account: string) => AccountClient, desk: Machine): LoadOptions {
    const { acknowledged, floor } = this
    return {
      machine: desk,
      client,
      instruments: floor.settings.instruments,
      quote: (instrument) => this.quote(desk, instrument),
      isOver: () => this.isOver,
      isDriven: () => this.drivers > 0,
      acknowledged
    }
  }

  private load(client: (account: string) => AccountClient, desk: Machine): Effect.Effect<void> {
    const options = this.options(client, desk)
    const { world } = this
    return Effect.forEach(
      this.floor.accounts.flatMap((account) => [
        drive(account, "cross", world.chanceFor(`${account} cross`), options),
        ...(world.chanceFor(`${account} two`).chance(0.4)
          ? [drive(account, "maker", world.chanceFor(`${account} maker`), options)]
          : []),
        operate(account, world.chanceFor(`${account} operator`), options)
      ]),
      (work) => {
        this.drivers += 1
        return Effect.ensuring(
          work,
          Effect.sync(() => {
            this.drivers -= 1
          })
        )
      },
      { concurrency: "unbounded", discard: true }
    )
  }

  private takeQuotes(): void {
    const { network, venue, world } = this
    for (const instrument of venue.instruments) {
      const { askTicks, bidTicks } = venue.exchange.top(wireSymbol(instrument))
      if (askTicks > 0 && bidTicks > 0) this.quotes.set(instrument.id, { askTicks, bidTicks })
    }
    for (const name of [...this.floor.nodes, "desk"])
      if (!network.isCut("venue", name)) this.quotedUs.set(name, world.nowUs)
    world.after(quoteEveryUs, () => this.takeQuotes())
  }

  private quote(machine: Machine, instrument: string): Mark | undefined {
    const quote = this.quotes.get(instrument)
    const quotedUs = this.quotedUs.get(machine.name)
    if (quote === undefined || quotedUs === undefined) return undefined
    return { ...quote, timeReceived: quotedUs + machine.skewUs }
  }
}

/** Runs one seed. Pure chance, real time and the environment of the process have no part in it. */
export const simulate = (seed: number, options: SimulationOptions = {}): Outcome =>
  withoutAmbience(seed, () => new Run(seed, options.log).execute())
