import { createServer, type Server } from "node:net"
import { once } from "node:events"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, it, expect } from "vitest"
import { expectError, Outcry } from "./Outcry.ts"

let outcry: Outcry
beforeEach(() => {
  outcry = new Outcry()
})
afterEach(() => outcry.close())

const listener = async (): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 }
}

const nothingLeft = (): void => expect(outcry.processes()).toEqual([])

describe("the command line", () => {
  it("answers help at once, with examples before the options, on stdout", async () => {
    const { code, stderr, stdout } = await outcry.run(["start", "--help"])
    expect(code).toBe(0)
    expect(stderr).toBe("")
    expect(stdout.indexOf("EXAMPLES")).toBeLessThan(stdout.indexOf("FLAGS"))
    for (const option of [
      "--nodes",
      "--for",
      "--report",
      "--seed",
      "--replay",
      "--strategy",
      "--only",
      "--data",
      "--port"
    ])
      expect(stdout).toContain(option)
  })

  it("suggests the option that was meant", async () => {
    expectError(await outcry.run(["start", "--nodse", "3"]), "OUTCRY-1001", 2, /Did you mean this\? --nodes/)
  })

  it("suggests the command that was meant", async () => {
    expectError(await outcry.run(["strat"]), "OUTCRY-1001", 2, /Did you mean this\? start/)
  })

  it.each([
    [["start", "--nodes", "0"], /--nodes.*from 1 to 16/],
    [["start", "--for", "soon"], /--for.*60s, 5m or 1h/],
    [["start", "--port", "99999"], /--port/],
    [["start", "--only"], /--only.*--strategy FILE/s],
    [["start", "stray.gz"], /stray\.gz.*--replay/s],
    [["trace"], /--last-filled/],
    [["orders", "--status", "lost"], /--status/],
    [["order", "cancel", "--reason", "x"], /--all/],
    [["order", "cancel", "--all"], /--reason/],
    [["order", "cancel", "oc1", "--account", "paper-1", "--reason", "x"], /--account/],
    [["order", "resolve", "oc1", "--as", "gone", "--reason", "x"], /--as/],
    [["order", "resolve", "oc1", "--as", "filled", "--reason", "x"], /--price/],
    [["account", "statement", "paper-1", "--date", "soon"], /no day/]
  ])("refuses %j", async (args, words) => {
    expectError(await outcry.run(args), "OUTCRY-1001", 2, words)
    expect(existsSync(outcry.data)).toBe(false)
  })

  it("refuses a live source that is none, and one beside a recording", async () => {
    expectError(await outcry.run(["start", "--live", "moon"]), "OUTCRY-1001", 2, /REST_URL,WS_URL/)
  })

  it("says that no floor is running, for every command that needs one", async () => {
    for (const args of [
      ["status"],
      ["explain", "pairs-spread"],
      ["trace", "--last-filled"],
      ["orders"],
      ["order", "cancel", "--all", "--reason", "x"],
      ["accounts"],
      ["account", "halt", "paper-1", "--reason", "x"],
      ["verify"],
      ["why", "oc1"]
    ])
      expectError(await outcry.run(args), "OUTCRY-3001", 3, /outcry start/)
  })

  it("refuses a node without a usable configuration", async () => {
    expectError(
      await outcry.run(["node", "--config", "none.json", "--name", "node-1"]),
      "OUTCRY-1006",
      2,
      /none\.json.*floor\.json/s
    )
    writeFileSync(join(outcry.folder, "bad.json"), '{"token":"geheim"}')
    const result = await outcry.run(["node", "--config", "bad.json", "--name", "node-1"])
    expectError(result, "OUTCRY-1006", 2, /does not fit its schema/)
    expect(result.stderr).not.toContain("geheim")
  })
})

describe("strategies", () => {
  it("names the file that is missing", async () => {
    expectError(await outcry.run(["start", "--strategy", "none.ts"]), "OUTCRY-1003", 2, /none\.ts.*no such file/s)
  })

  it("says what a module lacks", async () => {
    writeFileSync(join(outcry.folder, "half.ts"), "export default { name: 'half' }")
    expectError(await outcry.run(["start", "--strategy", "half.ts"]), "OUTCRY-1003", 2, /defineStrategy/)
  })

  it.each([
    [["--param", "market-maker.quantity=lots"], /quantity/],
    [["--param", "market-maker.colour=red"], /colour/],
    [["--param", "nobody.quantity=1"], /nobody.*market-maker/s],
    [["--param", "quantity"], /KEY=VALUE/],
    [["--param", "market-maker.instrument=sim:DOGE/USDT"], /DOGE/],
    [["--strategy", "x.ts:{broken"], /JSON/]
  ])("refuses the parameters %j", async (args, words) => {
    expectError(await outcry.run(["start", ...args]), "OUTCRY-1002", 2, words)
  })
})

describe("recordings", () => {
  it("names the one that is missing", async () => {
    expectError(await outcry.run(["start", "--replay", "none.gz"]), "OUTCRY-1004", 2, /none\.gz.*path/s)
    nothingLeft()
  })

  it("refuses lock-step without a recording, and on more than one node", async () => {
    expectError(await outcry.run(["start", "--lockstep"]), "OUTCRY-1001", 2, /--lockstep.*--replay FILE/s)
    const file = join(outcry.folder, "any.gz")
    writeFileSync(file, "")
    const args = ["start", "--replay", file, "--lockstep", "--nodes", "2"]
    expectError(await outcry.run(args), "OUTCRY-1001", 2, /--lockstep runs on one node, not on 2.*Leave out --nodes/s)
    nothingLeft()
  })

  it("says which is no gzip file, after undoing what was started", async () => {
    const file = join(outcry.folder, "corrupt.gz")
    writeFileSync(file, "not compressed at all")
    const result = await outcry.run(["start", "--port", "0", "--replay", file])
    expect(result.stderr).toMatch(/OUTCRY-1004 .*corrupt\.gz/)
    expect(result.code).toBe(2)
    nothingLeft()
  })

  it("says which line cannot be read", async () => {
    const file = join(outcry.folder, "badline.gz")
    writeFileSync(file, gzipSync("1723161256000000000 {broken\n"))
    const result = await outcry.run(["start", "--port", "0", "--replay", file])
    expect(result.stderr).toMatch(/OUTCRY-1004 .*badline\.gz, line 1/)
    expect(result.code).toBe(2)
    nothingLeft()
  })
})

describe("what a floor needs", () => {
  it("names the port that is in use and the option that chooses it", async () => {
    const { port, server } = await listener()
    try {
      const result = await outcry.run(["start", "--port", String(port)])
      expect(result.stderr).toMatch(new RegExp(`OUTCRY-2002 Port ${port} .*--port`, "s"))
      expect(result.code).toBe(4)
      nothingLeft()
    } finally {
      server.close()
    }
  })

  it("says that the database cannot be reached, without its password", async () => {
    const { port, server } = await listener()
    server.close()
    const result = await outcry.run(["start", "--port", "0"], {
      DATABASE_URL: `postgresql://${["me", "geheim"].join(":")}@127.0.0.1:${port}/floor`
    })
    expect(result.stderr).toMatch(new RegExp(`OUTCRY-2004 .*127\\.0\\.0\\.1:${port}/floor`))
    expect(result.stderr).not.toContain("geheim")
    expect(result.code).toBe(3)
    nothingLeft()
  })

  it("refuses a DATABASE_URL that is no address", async () => {
    const result = await outcry.run(["start", "--port", "0"], { DATABASE_URL: "localhost" })
    expect(result.stderr).toMatch(/OUTCRY-2004 DATABASE_URL is not a postgresql/)
    expect(result.code).toBe(3)
    nothingLeft()
  })

  it("refuses a report file that cannot be written, before anything starts", async () => {
    expectError(await outcry.run(["start", "--report", "no/such/folder/r.json"]), "OUTCRY-1007", 2, /r\.json/)
    mkdirSync(join(outcry.folder, "folder"))
    expectError(await outcry.run(["start", "--report", "folder"]), "OUTCRY-1007", 2, /is a folder/)
  })

  it("names a data folder that cannot be used", async () => {
    writeFileSync(join(outcry.folder, "file"), "")
    const result = await outcry.run(["start", "--data", "file"])
    expect(result.stderr).toMatch(/OUTCRY-2003 .*--data/s)
    expect(result.code).toBe(1)
    nothingLeft()
  })
})
