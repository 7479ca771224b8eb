/**
 * Peak memory and time of erasing 1000 people from a large file: node bench/record-files.ts [MB …]. Prints the limits
 * beside the figures: 1.2 times the peak of the smallest file, and 250 MB.
 */
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connector } from "../connectors/files/connector.ts";
import type { IO } from "../src/port/connector.ts";
import { openPace } from "../src/port/pace.ts";
import { changesOf } from "../src/model/rule-change.ts";
import type { RecordType } from "../src/model/datamap.ts";
import type { Lookup, Target } from "../src/model/search.ts";

const PEOPLE = 1000;
/** More than the longest has, so that everybody asked for is there. */
const BYTES_A_RECORD = 160;

async function main(args: readonly string[]): Promise<void> {
  const [mode, kind = "", size, root = ""] = args;
  const format = kind === "jsonl" ? "jsonl" : "csv";
  if (mode === "generate") return await generate(join(root, `people.${format}`), format, Number(size) * 1_000_000);
  if (mode === "measure") return await measure(root, format);
  const sizes = args.length === 0 ? [50, 1000] : args.map(Number);
  for (const kind of ["csv", "jsonl"] as const) {
    let smallest = 0;
    for (const megabytes of sizes) {
      const root = await mkdtemp(join(tmpdir(), "expunge-bench-"));
      // each in a process of its own: the peak is that of the erasing alone
      const run = (what: string) =>
        execFileSync(process.execPath, [import.meta.filename, what, kind, String(megabytes), root], {
          encoding: "utf8",
        });
      run("generate");
      const printed = run("measure");
      await rm(root, { recursive: true });
      const figures: unknown = JSON.parse(printed);
      if (typeof figures !== "object" || figures === null || !("peak" in figures) || typeof figures.peak !== "number")
        throw new Error("no figures");
      smallest ||= figures.peak;
      process.stdout.write(
        `${kind} ${megabytes} MB: ${printed.trim()} peak/smallest ${(figures.peak / smallest).toFixed(2)} (limits 1.2, 250 MB)\n`,
      );
    }
  }
}

async function measure(root: string, format: "csv" | "jsonl"): Promise<void> {
  const name = `people.${format}`;
  const record: RecordType = {
    id: "share.people",
    system: "share",
    name: "people",
    place: { kind: "files", globs: [name] },
    match: { mode: "any", terms: [] },
    do: "remove-rows",
    fields: {},
    in: [],
    paths: {},
    auditOf: [],
    holds: [],
    cascades: [],
    dialect: {},
    encoding: "utf-8",
    limits: { maxRecords: 1_000_000, maxFraction: 1, maxFanOut: 20, batchRecords: 1_000_000 },
    at: { line: 1, column: 1 },
  };
  const system = connector.configure({
    name: "share",
    kind: "files",
    rank: "file",
    connect: { root },
    feeds: [],
    session: {},
    records: [record],
    covers: [],
    at: { line: 1, column: 1 },
  });
  const target: Target = {
    record,
    columns: [{ column: "email", type: "email", fold: ["trim", "lowercase"] }],
    exports: [],
    changes: changesOf(record),
  };
  // as many records whatever the size, spread over the whole file
  const stride = Math.floor((await stat(join(root, name))).size / BYTES_A_RECORD / PEOPLE);
  const lookups: Lookup[] = Array.from({ length: PEOPLE }, (_, subject) => ({
    subject,
    values: { email: [emailOf(subject * stride)] },
  }));
  const io = plainIO();
  const started = performance.now();
  await using reader = await system.openReader(io);
  const found = await Array.fromAsync(reader.locate(target, { by: "subjects", lookups }));
  const located = performance.now();
  await using eraser = await system.openEraser(io);
  const records = found.map(({ key, fingerprint, subjects }) => ({ key, fingerprint, subjects }));
  const [outcome] = await eraser.apply(
    {
      id: "u1",
      effect: "erase",
      works: [{ step: "s1", target, lookups, operations: [{ change: { kind: "delete" }, records }] }],
    },
    { notes: [], note: async () => undefined, keepImages: async () => undefined, at: () => undefined },
    { judge: async () => [] },
  );
  const erased = performance.now();
  const seconds = (from: number, to: number) => Number(((to - from) / 1000).toFixed(1));
  const figures = {
    peak: Math.round(process.resourceUsage().maxRSS / 1024),
    locate: seconds(started, located),
    erase: seconds(located, erased),
    removed: outcome?.deleted,
    left: (await stat(join(root, name))).size,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

async function generate(path: string, format: "csv" | "jsonl", bytes: number): Promise<void> {
  const out = createWriteStream(path);
  let written = 0;
  if (format === "csv") out.write("id,email,name,city,note\r\n");
  for (let at = 0; written < bytes;) {
    const lines: string[] = [];
    for (let row = 0; row < 2000; row += 1, at += 1)
      lines.push(
        format === "csv"
          ? `${at},${emailOf(at)},"Person, number ${at}",Town ${at % 977},"said ""hello"" ${at % 31} times"\r\n`
          : `{"id":${at},"email":"${emailOf(at)}","name":"Person, number ${at}","address":{"city":"Town ${at % 977}"},"tags":["a","b"]}\n`,
      );
    const text = lines.join("");
    written += text.length;
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
}

function emailOf(row: number): string {
  return `person${row}@shop.example`;
}

function plainIO(): IO {
  const keyed = (text: string) => createHmac("sha256", "bench").update(text).digest("hex");
  return {
    secret: (name) => name,
    signal: new AbortController().signal,
    now: () => new Date(),
    base: "/",
    request: "R-2026-0001",
    digest: (parts) => keyed(JSON.stringify(parts)),
    pseudonym: keyed,
    report: () => undefined,
    progress: () => undefined,
    pace: openPace(),
  };
}

await main(process.argv.slice(2));
