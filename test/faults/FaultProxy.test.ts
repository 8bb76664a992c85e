import { openFaultProxy, type FaultProxy } from "@outcry/runtime/chaos/FaultProxy"
import { connect, createServer, type Server, type Socket } from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

/** Everything that came from a socket, and what became of it. */
class Ear {
  readonly socket: Socket
  text = ""
  ended: "open" | "end" | "reset" = "open"
  private readonly waiting = new Set<() => void>()

  constructor(socket: Socket) {
    this.socket = socket
    const look = (): void => {
      for (const check of this.waiting) check()
    }
    socket.setNoDelay(true)
    socket.on("data", (bytes: Buffer) => {
      this.text += bytes.toString()
      look()
    })
    socket.on("error", () => {
      this.ended = "reset"
    })
    socket.on("close", () => {
      if (this.ended === "open") this.ended = "end"
      look()
    })
  }

  until(holds: (ear: Ear) => boolean): Promise<Ear> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds(this)) return
        this.waiting.delete(check)
        resolve(this)
      }
      this.waiting.add(check)
      check()
    })
  }

  has(text: string): Promise<Ear> {
    return this.until((ear) => ear.text.includes(text))
  }
}

let server: Server
let proxy: FaultProxy
let accepted: Array<Ear> = []
let opened: Array<Socket> = []

beforeEach(async () => {
  accepted = []
  opened = []
  server = createServer((socket) => accepted.push(new Ear(socket)))
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    })
  })
  proxy = await openFaultProxy(port)
})

afterEach(async () => {
  for (const socket of opened) socket.destroy()
  await proxy.close()
  await new Promise((resolve) => server.close(resolve))
})

const dial = (): Promise<Ear> =>
  new Promise((resolve, reject) => {
    const socket = connect(proxy.port, "127.0.0.1", () => resolve(new Ear(socket)))
    opened.push(socket)
    socket.once("error", reject)
  })

/** A client, and the other end of it. */
const pair = async (): Promise<readonly [Ear, Ear]> => {
  const client = await dial()
  client.socket.write("hello")
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const far = accepted[0]!
  await far.has("hello")
  return [client, far]
}

describe("the fault proxy", () => {
  it("hands bytes on both ways, in order and whole", async () => {
    const [client, far] = await pair()
    const long = Array.from({ length: 50_000 }, (_, n) => n).join(",")
    client.socket.write(long)
    await far.until(({ text }) => text.length === long.length + 5)
    expect(far.text).toBe(`hello${long}`)
    far.socket.write("back")
    expect((await client.has("back")).text).toBe("back")
  })

  it("tells each side when the other ends", async () => {
    const [client, far] = await pair()
    client.socket.end("bye")
    await far.until(({ ended }) => ended !== "open")
    expect(far.text).toBe("hellobye")
    expect(far.ended).toBe("end")
  })

  it("delays each way by its own time", async () => {
    const [client, far] = await pair()
    proxy.disturb({ up: { latencyMs: 2_000 } })
    const sentMs = performance.now()
    client.socket.write("slow")
    far.socket.write("quick")
    await client.has("quick")
    expect(far.text).not.toContain("slow")
    await far.has("slow")
    expect(performance.now() - sentMs).toBeGreaterThan(1_900)
  })

  it("lets no more through than the throttle allows", async () => {
    // What may pass is counted from the connection's beginning.
    const sentMs = performance.now()
    const [client, far] = await pair()
    proxy.disturb({ up: { bytesPerSecond: 40_000 } })
    client.socket.write("x".repeat(20_000))
    await far.until(({ text }) => text.length === 20_005)
    expect(performance.now() - sentMs).toBeGreaterThan(400)
  })

  it("holds one way of a partition and delivers when it heals", async () => {
    const [client, far] = await pair()
    proxy.disturb({ down: { hold: true } })
    far.socket.write("held")
    client.socket.write("heard")
    await far.has("heard")
    expect(client.text).toBe("")
    proxy.disturb({})
    expect((await client.has("held")).text).toBe("held")
  })

  it("swallows what a half-open connection sends, and cuts it when it heals", async () => {
    const [client, far] = await pair()
    proxy.disturb({ up: { swallow: true } })
    client.socket.write("lost")
    far.socket.write("alive")
    await client.has("alive")
    proxy.disturb({})
    await client.until(({ ended }) => ended !== "open")
    expect(client.ended).toBe("reset")
    expect(far.text).toBe("hello")
  })

  it("resets every connection there is", async () => {
    const [client, far] = await pair()
    proxy.reset()
    await client.until(({ ended }) => ended !== "open")
    await far.until(({ ended }) => ended !== "open")
    expect([client.ended, far.ended]).toEqual(["reset", "reset"])
    expect(proxy.connections()).toBe(0)
  })

  it("refuses new connections, or takes them and never answers", async () => {
    proxy.disturb({ connects: "reset" })
    // The reset may come before or after the client has seen its connection.
    const refused = await dial().then(
      (ear) => ear.until(({ ended }) => ended !== "open"),
      () => "refused"
    )
    expect(typeof refused === "string" || refused.text === "").toBe(true)
    proxy.disturb({ connects: "hang" })
    const hanging = await dial()
    hanging.socket.write("anybody")
    const before = accepted.length
    proxy.disturb({})
    await hanging.until(({ ended }) => ended !== "open")
    expect(accepted.length).toBe(before)
  })

  it("refuses while nobody listens behind it, and leads on when somebody does", async () => {
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const refusal = async (): Promise<string> => {
      for (;;) {
        const said = await dial().then(
          (ear) => ear.until(({ ended }) => ended !== "open").then(() => "taken"),
          (error: NodeJS.ErrnoException) => error.code ?? ""
        )
        if (said !== "taken" && said !== "ECONNRESET") return said
      }
    }
    expect(await refusal()).toBe("ECONNREFUSED")
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
    for (;;) {
      const client = await dial().catch(() => undefined)
      if (client === undefined) continue
      client.socket.write("again")
      break
    }
    while (!accepted.some(({ text }) => text === "again")) await new Promise((resolve) => setImmediate(resolve))
  })

  it("leads new connections to another port", async () => {
    const others: Array<Ear> = []
    const other = createServer((socket) => others.push(new Ear(socket)))
    const port = await new Promise<number>((resolve) => {
      other.listen(0, "127.0.0.1", () => {
        const address = other.address()
        resolve(typeof address === "object" && address !== null ? address.port : 0)
      })
    })
    proxy.retarget(port)
    const client = await dial()
    client.socket.write("there")
    while (others.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await others[0]!.has("there")
    expect(accepted).toEqual([])
    client.socket.destroy()
    await new Promise((resolve) => other.close(resolve))
  })
})
