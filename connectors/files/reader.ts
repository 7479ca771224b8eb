import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../src/errors.ts";
import type { Operation, Reference, Residue, Write } from "../../src/model/change.ts";
import type { DueSelection, Finding, Located, Lookup, Selection, Sighting, Target } from "../../src/model/search.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { dueFilter } from "../../src/port/due-filter.ts";
import { nameFinder } from "../../src/record-files/identifier-beside.ts";
import { imageBytes } from "../../src/record-files/record-image.ts";
import { lineReporter, namedAfter } from "../../src/record-files/line-reports.ts";
import { readAlike } from "../../src/record-files/read-alike.ts";
import {
  checkRecords,
  countRecords,
  fingerprintOf,
  type FoundRecord,
  recordsDue,
  recordsOf,
  remainingRecords,
  scanRecords,
} from "../../src/record-files/record-file.ts";
import { recordChange } from "../../src/record-files/record-format.ts";
import { type LineReports, recordRule, type RecordRule } from "../../src/record-files/record-rule.ts";
import { searchText } from "../../src/record-files/search-text.ts";
import { shown } from "../../src/model/shown.ts";
import { namedColumn } from "../../src/port/named-column.ts";
import { errnoOf, fileFailure } from "./failure.ts";
import { listFiles, type Listing, type Root } from "./folder.ts";
import { identityOf, openFile, type OpenFile } from "./read-file.ts";
import { fileAddress, keyOf, parseKey } from "./record-key.ts";

/** Opens files for reading only. */
export function filesReader(root: Root, io: IO): Reader {
  /** Records counted by a search of a whole record type, so that `size` need not read everything again. */
  const counted = new Map<string, number>();
  return {
    site: async () => ({ space: "files", root: root.path }),
    check: (targets) => check(root, io, targets),
    links: async () => [],
    writes: async (): Promise<readonly Write[]> => [],
    locate: (target, selection) => locate(root, io, target, selection, counted),
    imageBytes: async (_target, keys) => imageBytes(keys.map((key) => parseKey(key).id)),
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
  const alike = readAlike();
  const told = new Set<string>();
  for (const target of targets) {
    const record = target.record.id;
    const listing = await list(root, target);
    for (const { code, message } of listing.refused) yield { code, severity: "error", record, message };
    for (const glob of listing.empty)
      yield { code: "PATTERN_EMPTY", severity: "empty", record, message: `no file matches ${shown(glob)}` };
    for (const { where, message } of listing.beside) {
      // it lies there once, however many record types look into its folder
      if (told.has(message)) continue;
      told.add(message);
      yield { code: "GAP", severity: "warning", record, message, gap: { where, holdsIdentifier: false } };
    }
    for (const path of listing.files) {
      yield* alike.see(target, path, shown(path));
      try {
        await using file = await opened(root, path);
        await checkRecords(file.bytes(io.signal), ruleFor(target, path, io));
      } catch (error) {
        const { code, message, help } = fileFailure(error, shown(path));
        yield { code, severity: "error", record, ...namedColumn(error), message, help };
      }
      if (!(await isWritable(root, path)))
        yield {
          code: "BLOCKED",
          severity: "warning",
          record,
          message: `${shown(path)}: its folder cannot be written to`,
        };
    }
  }
}

function locate(
  root: Root,
  io: IO,
  target: Target,
  selection: Selection,
  counted: Map<string, number>,
): AsyncGenerator<Located> {
  switch (selection.by) {
    case "subjects":
      return locateSubjects(root, io, target, selection.lookups, counted);
    case "keys":
      return locateKeys(root, io, target, selection.keys);
    case "due":
      return locateDue(root, io, target, selection, counted);
  }
}

async function* locateDue(
  root: Root,
  io: IO,
  target: Target,
  selection: DueSelection,
  counted: Map<string, number>,
): AsyncGenerator<Located> {
  let records = 0;
  for (const path of (await searchable(root, target)).files) {
    const name = shown(path);
    await using file = await opened(root, path);
    const place = await placeOf(root, io, path, file);
    const filter = dueFilter(target, selection, io);
    const reporter = lineReporter(target.record.id, name, io);
    const { found, totals } = recordsDue(file.bytes(io.signal), ruleFor(target, path, io, [], reporter), {
      column: selection.column,
      takes: (texts, line) => filter.takes(texts, `${name}:${line}`),
    });
    try {
      for await (const record of found) yield locatedIn(place, record);
    } catch (error) {
      throw fileFailure(error, name);
    }
    reporter.end();
    filter.end(name);
    records += totals.records;
    io.progress(records);
  }
  if (target.where === undefined) counted.set(target.record.id, records);
}

async function* locateSubjects(
  root: Root,
  io: IO,
  target: Target,
  lookups: readonly Lookup[],
  counted: Map<string, number>,
): AsyncGenerator<Located> {
  let records = 0;
  const { files, beside } = await searchable(root, target);
  const isNamed = nameFinder(target.columns, lookups);
  for (const path of files) {
    const name = shown(path, lookups);
    if (isNamed(path)) io.report(namedAfter(target.record.id, name));
    await using file = await opened(root, path);
    const place = await placeOf(root, io, path, file);
    const reporter = lineReporter(target.record.id, name, io);
    const { found, totals } = scanRecords(file.bytes(io.signal), ruleFor(target, path, io, lookups, reporter), lookups);
    try {
      for await (const record of found) yield locatedIn(place, record);
    } catch (error) {
      throw fileFailure(error, name);
    }
    reporter.end();
    records += totals.records;
    io.progress(records);
  }
  if (target.where === undefined) counted.set(target.record.id, records);
  for (const { copy, message, where } of beside)
    if (copy !== undefined) await reportCopy(root, io, target, lookups, { copy, message, where });
}

/** A copy that no glob matches is not ours to change; whether the person stands in it must be told. */
async function reportCopy(
  root: Root,
  io: IO,
  target: Target,
  lookups: readonly Lookup[],
  { copy, message, where }: { readonly copy: string; readonly message: string; readonly where: string },
): Promise<void> {
  try {
    await using file = await openFile(root, copy);
    if (file === null) return;
    const { encoding } = target.record;
    const { subjects } = await searchText(
      file.bytes(io.signal),
      { columns: target.columns, encoding, name: where },
      lookups,
    );
    if (subjects.size === 0) return;
    io.report({
      code: "GAP",
      severity: "warning",
      record: target.record.id,
      message: `${message}; it holds an identifier`,
      gap: { where, holdsIdentifier: true },
    });
  } catch (error) {
    // it is a warning of `check` already; what it holds is not known
    if (!(error instanceof Failure) || error.code === "INTERRUPTED") throw error;
  }
}

/** Records by their names; a line that is not in its file yields nothing. Throws where a whole file is not there: nobody can say what became of its lines. */
async function* locateKeys(root: Root, io: IO, target: Target, keys: readonly string[]): AsyncGenerator<Located> {
  for (const [path, ids] of Map.groupBy(keys.map(parseKey), ({ path: one }) => one)) {
    await using file = await openFile(root, path);
    if (file === null) throw wentAway(path);
    const place = await placeOf(root, io, path, file);
    try {
      for await (const record of recordsOf(
        file.bytes(io.signal),
        ruleFor(target, path, io),
        ids.map(({ id }) => id),
      ))
        yield locatedIn(place, record);
    } catch (error) {
      throw fileFailure(error, shown(path));
    }
  }
}

/** Our own rewriting leaves a file, be it without a record. */
function wentAway(path: string): Failure {
  return new Failure("SYSTEM_UNREACHABLE", `${shown(path)} is not there any more`, {
    help: "Bring the file back, or mount its folder: what is not there cannot be looked at.",
  });
}

interface FilePlace {
  readonly path: string;
  /** Names the file by whatever path somebody came to it: a folder may be mounted twice. */
  readonly file: string;
  /** Of the file as it is. */
  readonly identity: string;
  readonly blocked: Pick<Located, "blocked">;
}

async function placeOf(root: Root, io: IO, path: string, file: OpenFile): Promise<FilePlace> {
  const blocked = (await isWritable(root, path)) ? {} : { blocked: { reason: "not_writable" } };
  const { dev, ino } = file.found;
  return { path, file: `${dev}:${ino}`, identity: io.digest(["file", identityOf(file.found)]).slice(0, 32), blocked };
}

function locatedIn({ path, file, identity, blocked }: FilePlace, record: FoundRecord): Located {
  const { subjects, shared, id, whole, values, done, marked, unmarkable } = record;
  return {
    subjects,
    key: keyOf(path, id),
    address: keyOf(file, whole),
    within: fileAddress(file),
    fingerprint: fingerprintOf(record, identity),
    values,
    done,
    ...(shared ? { shared } : {}),
    ...(marked === undefined ? {} : { marked }),
    ...(unmarkable === undefined ? {} : { blocked: { reason: unmarkable } }),
    ...blocked,
  };
}

async function size(root: Root, io: IO, target: Target): Promise<number> {
  let records = 0;
  for (const path of (await searchable(root, target)).files) {
    await using file = await opened(root, path);
    records += await countRecords(file.bytes(io.signal), ruleFor(target, path, io));
  }
  return records;
}

async function* remaining(
  root: Root,
  io: IO,
  target: Target,
  { change, records, also = [] }: Operation,
): AsyncGenerator<string> {
  const files = Map.groupBy(
    records.map((record) => ({ ...parseKey(record.key), record })),
    ({ path }) => path,
  );
  for (const [path, planned] of files) {
    await using file = await openFile(root, path);
    if (file === null) throw wentAway(path);
    const changes = new Map(
      planned.map(({ id, record }) => [id, recordChange(path, change, target, null, also, record)]),
    );
    try {
      for await (const id of remainingRecords(file.bytes(io.signal), ruleFor(target, path, io), changes))
        yield keyOf(path, id);
    } catch (error) {
      throw fileFailure(error, shown(path));
    }
  }
}

function ruleFor(
  target: Target,
  path: string,
  io: IO,
  lookups: readonly Lookup[] = [],
  reports?: LineReports,
): RecordRule {
  return recordRule(target, { path, name: shown(path, lookups) }, (parts) => io.digest(parts), reports);
}

/** The files of a record type, all of which can be searched. Throws the first reason why not. */
async function searchable(root: Root, target: Target): Promise<Listing> {
  const listing = await list(root, target);
  const [first] = listing.refused;
  if (first !== undefined) throw new Failure(first.code, first.message);
  return listing;
}

async function list(root: Root, { record }: Target): Promise<Listing> {
  return await listFiles(root, record.place.kind === "files" ? record.place.globs : []);
}

async function opened(root: Root, path: string): Promise<OpenFile> {
  const file = await openFile(root, path);
  if (file === null)
    throw new Failure("SYSTEM_UNREACHABLE", `${shown(path)}: went away during the search`, {
      help: "Run the same command again.",
    });
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
