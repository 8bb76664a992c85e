/**
 * The same commands through exchange-core's own order book (`OrderBookDirectImpl`, Java), for bench `matching` with
 * `--peer`. Fetched from Maven Central into a temporary folder and run there; needs a JDK and Maven. What is measured is
 * the book alone, as ours: no ring buffer, no journal, no risk engine.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { MatchingFlow } from "./MatchingFlow.ts"

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>peer</groupId><artifactId>peer</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>exchange.core2</groupId><artifactId>exchange-core</artifactId><version>0.5.3</version></dependency>
  </dependencies>
</project>
`

const program = `
import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.common.*;
import exchange.core2.core.common.cmd.*;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.orderbook.*;
import java.nio.*;
import java.nio.file.*;

public final class Peer {
  static OrderBookDirectImpl book() {
    CoreSymbolSpecification spec = CoreSymbolSpecification.builder().symbolId(1)
        .type(SymbolType.FUTURES_CONTRACT).baseCurrency(1).quoteCurrency(2).baseScaleK(1).quoteScaleK(1).build();
    return new OrderBookDirectImpl(spec, ObjectsPool.createDefaultTestPool(), OrderBookEventsHelper.NON_POOLED_EVENTS_HELPER,
        LoggingConfiguration.DEFAULT);
  }

  static int[] read(String file) throws Exception {
    IntBuffer ints = ByteBuffer.wrap(Files.readAllBytes(Path.of(file))).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    int[] all = new int[ints.remaining()];
    ints.get(all);
    return all;
  }

  public static void main(String[] args) throws Exception {
    int[] resting = read(args[0]);
    int[] commands = read(args[1]);
    int runs = Integer.parseInt(args[2]);
    for (int run = -2; run < runs; run++) {
      OrderBookDirectImpl book = book();
      OrderCommand cmd = new OrderCommand();
      cmd.uid = 1;
      cmd.symbol = 1;
      for (int at = 0; at < resting.length; at += 4) {
        place(cmd, OrderType.GTC, resting[at], resting[at + 1], resting[at + 2], resting[at + 3]);
        IOrderBook.processCommand(book, cmd);
      }
      long start = System.nanoTime();
      for (int at = 0; at < commands.length; at += 5) {
        int kind = commands[at];
        if (kind == 3) {
          cmd.command = OrderCommandType.MOVE_ORDER;
          cmd.orderId = commands[at + 1];
          cmd.price = commands[at + 3];
        } else if (kind == 2) {
          cmd.command = OrderCommandType.CANCEL_ORDER;
          cmd.orderId = commands[at + 1];
        } else {
          place(cmd, kind == 1 ? OrderType.IOC : OrderType.GTC, commands[at + 1], commands[at + 2], commands[at + 3], commands[at + 4]);
        }
        cmd.matcherEvent = null;
        IOrderBook.processCommand(book, cmd);
      }
      long elapsed = System.nanoTime() - start;
      int left = book.getOrdersNum(OrderAction.ASK) + book.getOrdersNum(OrderAction.BID);
      if (run >= 0) System.out.println("RATE " + (commands.length / 5) * 1e9 / elapsed + " " + left);
    }
  }

  static void place(OrderCommand cmd, OrderType type, int id, int buys, int price, int size) {
    cmd.command = OrderCommandType.PLACE_ORDER;
    cmd.orderType = type;
    cmd.orderId = id;
    cmd.action = buys == 1 ? OrderAction.BID : OrderAction.ASK;
    cmd.price = price;
    cmd.reserveBidPrice = price;
    cmd.size = size;
    cmd.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
  }
}
`

const run = (folder: string, command: string, args: ReadonlyArray<string>): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd: folder, encoding: "utf8" })
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}. Install a JDK and Maven.`)
  if (status !== 0) throw new Error(`${command} failed:\n${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`)
  return stdout
}

export interface PeerRates {
  /** Commands a second, by run. */
  readonly rates: ReadonlyArray<number>
  /** Orders in the book at the end. */
  readonly orders: number
}

export const peerRates = (flow: MatchingFlow, runs: number): PeerRates => {
  const folder = mkdtempSync(join(tmpdir(), "matching-peer-"))
  try {
    mkdirSync(join(folder, "src/main/java"), { recursive: true })
    writeFileSync(join(folder, "pom.xml"), pom)
    writeFileSync(join(folder, "src/main/java/Peer.java"), program)
    for (const [name, ints] of [
      ["resting.bin", flow.resting],
      ["commands.bin", flow.commands]
    ] as const)
      writeFileSync(join(folder, name), new Uint8Array(ints.buffer))
    const repository = `-Dmaven.repo.local=${join(folder, "repository")}`
    run(folder, "mvn", ["-q", "-B", repository, "compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath"])
    const classpath = run(folder, "cat", ["classpath"]).trim()
    const told = run(folder, "java", [
      "-Xms1g",
      "-cp",
      `target/classes:${classpath}`,
      "Peer",
      "resting.bin",
      "commands.bin",
      String(runs)
    ])
    const lines = told
      .split("\n")
      .flatMap((line) => (line.startsWith("RATE ") ? [line.split(" ").slice(1).map(Number)] : []))
    return { rates: lines.map(([rate]) => rate ?? 0), orders: lines[0]?.[1] ?? 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
