import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { checkRecords, countRecords, type RecordChange, remainingRecords, scanRecords } from "../../src/record-files/record-file.ts";
import type { Operation, Reference, Residue, Write } from "../../src/model/change.ts";
import type { Finding, Located, Lookup, Selection, Sighting, Target } from "../../src/model/search.ts";
import { Failure } from "../../src/errors.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { errnoOf, fileFailure } from "./failure.ts";
import { listFiles, type Listing, type Root } from "./folder.ts";
import { shown } from "./names.ts";
import { identityOf, openFile, type OpenFile } from "./read-file.ts";
import { keyOf, parseKey, ruleFor } from "./record-rule.ts";

/** Opens files for reading only. */
export function filesReader(root: Root, io: IO): Reader {
  /** Records counted by a search of a whole record type, so that `size` need not read everything again. */
  const counted = new Map<string, number>();
  return {
    check: (targets) => check(root, io, targets),
    links: async () => [],
    writes: async (): Promise<readonly Write[]> => [],
    locate: (target, selection) => locate(root, io, target, selection, counted),
    // files have no foreign keys
    async *references(): AsyncGenerator<Reference> {},
    size: async (target) => counted.get(target.record.id) ?? (await size(root, io, target)),
    remaining: (target, operation) => remaining(root, io, target, operation),
    // eslint-disable-next-line require-yield
    async *sweep(): AsyncGenerator<Sighting> {
      throw new Failure("NOT_BUILT", "looking through all files for a value is not built yet");
    },
    async *residue(target): AsyncGenerator<Residue> {
      // blocks of the old file stay on the medium, and in snapshots of the file system, until they are written over
      yield { system: target.record.system, record: target.record.id, mechanism: "media", goneBy: null };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* check(root: Root, io: IO, targets: readonly Target[]): AsyncGenerator<Finding> {
  for (const target of targets) {
    const record = target.record.id;
    const listing = await list(root, target);
    for (const { code, message } of listing.refused) yield { code, severity: "error", record, message };
    for (const glob of listing.empty) yield { code: "PATTERN_EMPTY", severity: "empty", record, message: `no file matches ${shown(glob)}` };
    for (const { code, message } of listing.beside) yield { code, severity: "warning", record, message };
    for (const path of listing.files) {
      try {
        await using file = await opened(root, path);
        await checkRecords(file.bytes(io.signal), ruleFor(target, path, shown(path), io));
      } catch (error) {
        const { code, message, help } = fileFailure(error, shown(path));
        yield { code, severity: "error", record, message, help };
      }
      if (!(await isWritable(root, path))) yield { code: "BLOCKED", severity: "warning", record, message: `${shown(path)}: its folder cannot be written to` };
    }
  }
}

async function* locate(root: Root, io: IO, target: Target, selection: Selection, counted: Map<string, number>): AsyncGenerator<Located> {
  switch (selection.by) {
    case "subjects":
      return yield* locateSubjects(root, io, target, selection.lookups, counted);
    case "keys":
    case "due":
      throw new Failure("NOT_BUILT", `${target.record.id}: records of files are not looked for so yet`);
  }
}

async function* locateSubjects(root: Root, io: IO, target: Target, lookups: readonly Lookup[], counted: Map<string, number>): AsyncGenerator<Located> {
  let records = 0;
  for (const path of await searchable(root, target)) {
    const name = shown(path, lookups);
    await using file = await opened(root, path);
    const blocked = (await isWritable(root, path)) ? {} : { blocked: { reason: "not_writable" } };
    const identity = identityOf(file.found);
    const gap = (line: number, isGap: boolean) => {
      if (isGap)
        io.report({
          code: "GAP",
          severity: "warning",
          record: target.record.id,
          message: `${name}:${line}: is no JSON object, and holds an identifier`,
        });
    };
    const { found, totals } = scanRecords(file.bytes(io.signal), ruleFor(target, path, name, io, gap), lookups);
    try {
      for await (const { subjects, id, fingerprint, values, done } of found)
        yield {
          subjects,
          key: keyOf(path, id),
          address: keyOf(path, id),
          within: JSON.stringify([path]),
          fingerprint: io.digest([fingerprint, identity]),
          values,
          done,
          ...blocked,
        };
    } catch (error) {
      throw fileFailure(error, name);
    }
    records += totals.records;
    io.progress(records);
    if (totals.unreadable > 0)
      io.report({
        code: "FILE_UNREADABLE",
        severity: "warning",
        record: target.record.id,
        message: `${name}: ${totals.unreadable} unreadable ${totals.unreadable === 1 ? "line is" : "lines are"} kept as they are`,
      });
  }
  if (target.where === undefined) counted.set(target.record.id, records);
}

async function size(root: Root, io: IO, target: Target): Promise<number> {
  let records = 0;
  for (const path of await searchable(root, target)) {
    await using file = await opened(root, path);
    records += await countRecords(file.bytes(io.signal), ruleFor(target, path, shown(path), io));
  }
  return records;
}

async function* remaining(root: Root, io: IO, target: Target, { change, records }: Operation): AsyncGenerator<string> {
  const files = Map.groupBy(
    records.map(({ key }) => parseKey(key)),
    ({ path }) => path,
  );
  for (const [path, keys] of files) {
    await using file = await openFile(root, path);
    if (file === null) continue;
    const changes = new Map<string, RecordChange>(keys.map(({ id }) => [id, { change, lookups: [] }]));
    try {
      for await (const id of remainingRecords(file.bytes(io.signal), ruleFor(target, path, shown(path), io), changes)) yield keyOf(path, id);
    } catch (error) {
      throw fileFailure(error, shown(path));
    }
  }
}

/** The files of a record type, all of which can be searched. Throws the first reason why not. */
async function searchable(root: Root, target: Target): Promise<readonly string[]> {
  const { files, refused } = await list(root, target);
  const [first] = refused;
  if (first !== undefined) throw new Failure(first.code, first.message);
  return files;
}

async function list(root: Root, { record }: Target): Promise<Listing> {
  return await listFiles(root, record.place.kind === "files" ? record.place.globs : []);
}

async function opened(root: Root, path: string): Promise<OpenFile> {
  const file = await openFile(root, path);
  if (file === null) throw new Failure("SYSTEM_UNREACHABLE", `${shown(path)}: went away during the search`, { help: "Run the same command again." });
  return file;
}

async function isWritable(root: Root, path: string): Promise<boolean> {
  try {
    await access(dirname(`${root.path}/${path}`), constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return false;
  }
}
