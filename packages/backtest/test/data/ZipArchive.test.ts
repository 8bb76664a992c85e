/** Sound archives are read whole; each way of being unsound is refused with what to do about it. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { DataError } from "../../src/data/DataError.ts"
import { ZipArchive } from "../../src/data/ZipArchive.ts"
import { type ZipPart, zipOf } from "./ZipText.ts"

const text = "20200102 00:00,1,2,1,2,10\n".repeat(50)

const refusal = async (attempt: () => unknown): Promise<DataError> => {
  try {
    await attempt()
  } catch (cause) {
    if (cause instanceof DataError) return cause
    throw cause
  }
  throw new Error("it was not refused")
}

describe("a ZIP archive", () => {
  it.each([
    ["deflated", {}],
    ["stored", { stored: true }]
  ] as const)("gives the text of a %s entry", async (_, how) => {
    const archive = ZipArchive.of(
      zipOf(
        [
          { name: "folder/", text: "" },
          { name: "folder/a.csv", text, ...how }
        ],
        "hello"
      ),
      "a.zip"
    )
    expect(archive.entries.map(({ name }) => name)).toEqual(["folder/a.csv"])
    expect(await archive.textOf(".csv")).toBe(text)
  })

  it.each<[string, ZipPart, string, RegExp]>([
    ["an encrypted entry", { name: "a.csv", text, encrypted: true }, "unsupported", /encrypted.*Pack it again/],
    ["an unknown method", { name: "a.csv", text, method: 12 }, "unsupported", /method 12/],
    ["a wrong checksum", { name: "a.csv", text, claims: { crc32: 1 } }, "corrupt", /checksum.*Fetch it again/],
    ["more bytes than declared", { name: "a.csv", text, claims: { bytes: 10 } }, "corrupt", /more than it declares/],
    ["fewer bytes than declared", { name: "a.csv", text, claims: { bytes: 5000 } }, "truncated", /1300 bytes of 5000/],
    ["an entry above the limit", { name: "a.csv", text, claims: { bytes: 2 ** 20 } }, "tooLarge", /at most 65536/],
    ["no such entry", { name: "a.txt", text }, "missing", /no entry ends in ".csv"/]
  ])("refuses %s", async (_, part, problem, says) => {
    const archive = ZipArchive.of(zipOf([part]), "a.zip", { entryBytesMax: 65_536 })
    const error = await refusal(() => archive.textOf(".csv"))
    expect(error.problem).toBe(problem)
    expect(error.message).toMatch(says)
    expect(error.source).toContain("a.zip")
  })

  it("refuses to choose between two entries", async () => {
    const archive = ZipArchive.of(
      zipOf([
        { name: "a.csv", text },
        { name: "b.csv", text }
      ]),
      "a.zip"
    )
    expect((await refusal(() => archive.textOf(".csv"))).problem).toBe("conflict")
  })

  it("bounds the number of entries and the size of the file", async () => {
    const bytes = zipOf([
      { name: "a.csv", text },
      { name: "b.csv", text }
    ])
    expect((await refusal(() => ZipArchive.of(bytes, "a.zip", { entriesMax: 1 }))).problem).toBe("tooLarge")
    const open = () => ZipArchive.open(import.meta.filename, { archiveBytesMax: 10 })
    expect((await refusal(open)).message).toContain("at most 10 are read")
  })

  it("refuses what is missing or no archive", async () => {
    expect((await refusal(() => ZipArchive.open(join(import.meta.dirname, "none.zip")))).problem).toBe("missing")
    expect((await refusal(() => ZipArchive.open(import.meta.filename))).problem).toBe("corrupt")
    expect((await refusal(() => ZipArchive.open(import.meta.dirname))).problem).toBe("unreadable")
  })

  it("refuses an archive cut off anywhere, and survives any flipped byte", async () => {
    const whole = zipOf([{ name: "a.csv", text }])
    for (let length = 0; length < whole.length; length++) {
      expect((await refusal(() => ZipArchive.of(whole.subarray(0, length), "a.zip"))).problem).toBe("corrupt")
    }
    for (let at = 0; at < whole.length; at++) {
      const bent = Buffer.from(whole)
      bent[at] = bent[at]! ^ 0x5a
      try {
        // Only bytes that say nothing (versions, times, the local header's copies) may be bent unnoticed.
        expect(await ZipArchive.of(bent, "a.zip").textOf("")).toBe(text)
      } catch (cause) {
        expect(cause).toBeInstanceOf(DataError)
      }
    }
  })
})
