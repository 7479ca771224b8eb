import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Encoding } from "../../src/model/datamap.ts";
import { eraseFrom, lookupsOf, ruleOf, scan } from "./support.ts";

/** Written by hand, not by the product. */
const ENCODE: Record<Encoding, (text: string) => Buffer> = {
  "utf-8": (text) => Buffer.from(text),
  "utf-16le": (text) => Buffer.from(text, "utf16le"),
  "utf-16be": (text) => Buffer.from(text, "utf16le").swap16(),
  "iso-8859-1": (text) => Buffer.from(text, "latin1"),
  // the euro sign is where the two differ
  "windows-1252": (text) => Buffer.from(text.replaceAll("€", "\u0080"), "latin1"),
};

const josé = lookupsOf("é mail", "josé@x");
const rule = (encoding: Encoding) => ruleOf({ encoding, columns: [{ column: "é mail", type: "email", fold: [] }] });

test("the same file in every encoding loses the same rows, and every other byte stays", async () => {
  for (const encoding of ["utf-8", "utf-16le", "utf-16be", "iso-8859-1", "windows-1252"] as const) {
    const sign = encoding === "iso-8859-1" ? "¤" : "€";
    const encode = ENCODE[encoding];
    const { bytes } = await eraseFrom(
      encode(`é mail,n\r\njosé@x,"1\r\n"\njose@x,${sign}2\r\njosé@x,3`),
      rule(encoding),
      josé,
      3,
    );
    expect(bytes.equals(encode(`é mail,n\r\njose@x,${sign}2\r\n`)), encoding).toBe(true);
  }
});

test("all bytes that an encoding has come back as they were", async () => {
  for (const encoding of ["iso-8859-1", "windows-1252"] as const) {
    const all = Buffer.from(
      Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => ![0x22, 0x2c, 0x0a, 0x0d].includes(byte)),
    );
    const file = Buffer.concat([ENCODE[encoding]("é mail\n"), all, ENCODE[encoding]("\njosé@x\n")]);
    const { bytes } = await eraseFrom(file, rule(encoding), josé);
    expect(bytes.equals(file.subarray(0, file.length - 7)), encoding).toBe(true);
  }
});

test("in UTF-16 a delimiter is a character, not two bytes that happen to stand there", async () => {
  // U+2C22 U+0A01 …: their bytes hold 2C 22 0A 00 at odd places
  const text = "é mail,n\nⰢ\u{0A01}\u0100∀Āਊ,x\njosé@x,y\n\u{1F600},z\n";
  for (const encoding of ["utf-16le", "utf-16be"] as const) {
    for (const mark of ["", "\u{FEFF}"]) {
      const { bytes } = await eraseFrom(ENCODE[encoding](mark + text), rule(encoding), josé, 1);
      expect(bytes.equals(ENCODE[encoding](mark + text.replace("josé@x,y\n", "")))).toBe(true);
    }
  }
});

test("a file that is not in its declared encoding is refused, not searched in vain", async () => {
  await expect(scan(ENCODE["iso-8859-1"]("é mail\njosé@x\n"), rule("utf-8"), josé)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
  await expect(scan(ENCODE["utf-16le"]("\u{FEFF}é mail\njosé@x\n"), rule("utf-8"), josé)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
  // a single-byte encoding takes any bytes: with another column first, nothing else would tell
  for (const encoding of ["windows-1252", "iso-8859-1"] as const) {
    const marked = { ...rule(encoding), columns: [{ column: "mail", type: "email", fold: [] }] } as const;
    await expect(
      scan(ENCODE["utf-8"]("\u{FEFF}n,mail\n1,josé@x\n"), marked, lookupsOf("mail", "josé@x"), 1),
    ).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
  }
  await expect(
    scan(Buffer.concat([ENCODE["utf-16le"]("é mail\nx\n"), Buffer.from([0x41])]), rule("utf-16le"), josé),
  ).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
  await expect(
    scan(
      Buffer.concat([ENCODE["utf-16le"]("é mail\n"), Buffer.from([0x00, 0xd8, 0x41, 0x00])]),
      rule("utf-16le"),
      josé,
    ),
  ).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});

test("a new value that the encoding cannot write is refused", async () => {
  const set = {
    ...rule("iso-8859-1"),
    change: { kind: "fields", fields: { n: { kind: "set", value: "€" } }, documents: [] },
  } as const;
  await expect(eraseFrom(ENCODE["iso-8859-1"]("é mail,n\njosé@x,1\n"), set, josé)).rejects.toMatchObject({
    code: "FIELD_REFUSED",
  });
  const { bytes } = await eraseFrom(
    ENCODE["windows-1252"]("é mail,n\njosé@x,1\n"),
    { ...set, encoding: "windows-1252" },
    josé,
  );
  expect(bytes.equals(ENCODE["windows-1252"]("é mail,n\njosé@x,€\n"))).toBe(true);
});

const ann = lookupsOf("email", "ann@x");

test("gzip is known by its bytes, of any number of members, and stays gzip", async () => {
  const file = Buffer.concat([gzipSync("email,n\nbob,1\nan"), gzipSync("n@x,2\n"), gzipSync(""), gzipSync("eve,3\n")]);
  for (const size of [1, 7, 1000]) {
    const { bytes, result } = await eraseFrom(file, ruleOf(), ann, size);
    expect(gunzipSync(bytes).toString()).toBe("email,n\nbob,1\neve,3\n");
    expect([result.bytesIn, result.bytesOut]).toEqual([file.length, bytes.length]);
  }
});

test("gzip that is cut off, damaged or followed by something is refused", async () => {
  const whole = gzipSync("email,n\nbob,1\nann@x,2\n");
  const damaged = Buffer.from(whole);
  damaged[whole.length - 6] = (damaged[whole.length - 6] ?? 0) ^ 1;
  for (const file of [
    whole.subarray(0, whole.length - 3),
    whole.subarray(0, 12),
    damaged,
    Buffer.concat([whole, Buffer.from("more")]),
    Buffer.concat([whole, Buffer.from("\0more")]),
    Buffer.concat([whole, Buffer.alloc(20)]),
  ]) {
    await expect(scan(file, ruleOf(), ann)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  }
});

test("what is no text is refused by its bytes, whatever it is called", async () => {
  const cases = [
    [zstdCompressSync(Buffer.from("email\nann@x\n")), "FORMAT_NOT_BUILT"],
    [Buffer.from("PAR1\x15\x04\x15\x10\x15\x14"), "FORMAT_NOT_BUILT"],
    [Buffer.from("PK\x03\x04\x14\0\0\0"), "FILE_REFUSED"],
    [gzipSync(gzipSync("email\nann@x\n")), "FILE_REFUSED"],
    [gzipSync(Buffer.from("PK\x03\x04\x14\0\0\0")), "FILE_REFUSED"],
    [Buffer.from("SQLite format 3\0"), "FILE_REFUSED"],
  ] as const;
  for (const [file, code] of cases) await expect(scan(file, ruleOf(), ann)).rejects.toMatchObject({ code });
  expect(await scan(Buffer.from("PAR1,email\n1,ann@x\n"), ruleOf(), ann)).toHaveLength(1);
});
