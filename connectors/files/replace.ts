/**
 * Puts a rewritten file in the place of the original: written aside in the same folder, synced, read again and compared,
 * noted, renamed. Whatever happens, the path holds the old file or the new one, whole.
 */
import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Left } from "../../src/model/change.ts";
import type { RecordChange } from "../../src/record-files/record-format.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import { rewriteFile } from "../../src/record-files/rewrite-file.ts";
import type { RewriteResult } from "../../src/record-files/rewrite-result.ts";
import type { IO, UnitJournal } from "../../src/port/connector.ts";
import { errnoOf } from "./failure.ts";
import { TEMP_PREFIX } from "./names.ts";
import { chunksOf, type OpenFile, stateOf } from "./read-file.ts";
import type { FileNotes } from "./notes.ts";
import { parseKey } from "./record-key.ts";

export interface Replacing {
  readonly file: OpenFile;
  readonly rule: RecordRule;
  readonly changes: ReadonlyMap<string, RecordChange>;
  /** Asked when everything has been read and before anything is replaced: which of these records are to be left alone after all. */
  judge(ids: readonly string[]): Promise<readonly Left[]>;
  /** Seals what the records that are marked, removed or changed were; null: nothing can be given back. */
  readonly keep: ((images: RewriteResult["images"]) => Promise<void>) | null;
  readonly temp: string;
  readonly io: IO;
  readonly journal: UnitJournal;
  readonly notes: FileNotes;
}

/** Where the new file is written: beside the old one, under a name that the same unit will find again. */
export function tempPath(absolute: string, digest: string): string {
  return join(dirname(absolute), `${TEMP_PREFIX}${digest.slice(0, 24)}`);
}

/** Removes what a run that was cut off left. True where there was something. */
export async function removeTemp(temp: string): Promise<boolean> {
  try {
    await unlink(temp);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return false;
    throw error;
  }
}

export interface Replaced {
  readonly rewritten: RewriteResult;
  /** What `judge` said is to be left alone; these records are as they were. */
  readonly held: readonly Left[];
}

/**
 * What the rewriting did; `conflict` where somebody else changed the file meanwhile, which then stays as they left it.
 * Where nothing is to be changed the file stays untouched.
 */
export async function replaceFile(replacing: Replacing): Promise<Replaced | "conflict"> {
  const { file, temp, io, journal, notes, keep } = replacing;
  const written = await writeJudged(replacing);
  if (written === "conflict") return written;
  const { rewritten, found, held } = written;
  if (rewritten.changed.length === 0) {
    await removeTemp(temp);
    return { rewritten, held };
  }
  try {
    io.signal.throwIfAborted();
    if (keep !== null && rewritten.images.size > 0) await keep(rewritten.images);
    // from here to the renaming nothing is asked any more: the note says what is about to happen
    const changed = [...rewritten.changed];
    await notes.intend(journal, {
      ino: String(found.ino),
      born: String(found.birthtimeNs),
      changed,
      sha256: rewritten.sha256,
    });
  } catch (error) {
    await removeTemp(temp);
    throw error;
  }
  journal.at("effect_half");
  const now = await current(file.absolute);
  if (now === null || stateOf(now) !== stateOf(file.found)) {
    await notes.withdraw(journal);
    await removeTemp(temp);
    return "conflict";
  }
  await rename(temp, file.absolute);
  await syncFolder(dirname(file.absolute));
  return { rewritten, held };
}

interface Written {
  readonly rewritten: RewriteResult;
  /** Of the temporary file. */
  readonly found: BigIntStats;
}

/** Writes the file aside and has its records judged; where some are to be left alone, once more without these. */
async function writeJudged(replacing: Replacing): Promise<(Written & { readonly held: readonly Left[] }) | "conflict"> {
  const { temp, judge } = replacing;
  const held: Left[] = [];
  const changes = new Map(replacing.changes);
  for (;;) {
    const written = await writeAside({ ...replacing, changes });
    if (written === null) return "conflict";
    if (written.rewritten.changed.length === 0) return { ...written, held };
    try {
      const fresh = (await judge(written.rewritten.changed)).filter(({ key }) => changes.has(parseKey(key).id));
      if (fresh.length === 0) return { ...written, held };
      held.push(...fresh);
      for (const { key } of fresh) changes.delete(parseKey(key).id);
    } catch (error) {
      await removeTemp(temp);
      throw error;
    }
    await removeTemp(temp);
  }
}

/** The temporary file, complete, synced, and proved by reading it again; null where the file changed while it was read. */
async function writeAside({ file, rule, changes, temp, io }: Replacing): Promise<Written | null> {
  const handle = await open(
    temp,
    constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    const { output, result } = rewriteFile(
      () => file.bytes(io.signal),
      rule,
      changes,
      (value) => io.pseudonym(value),
    );
    for await (const chunk of output) await writeAll(handle, chunk);
    const now = await current(file.absolute);
    if (now === null || stateOf(now) !== stateOf(file.found)) {
      await removeTemp(temp);
      return null;
    }
    await keepOwner(handle, file.found);
    await handle.sync();
    if (result().changed.length > 0) await verifyRewrite(chunksOf(handle, io.signal), rule, changes, result());
    return { rewritten: result(), found: await handle.stat({ bigint: true }) };
  } catch (error) {
    await removeTemp(temp);
    throw error;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let at = 0;
  while (at < chunk.length) at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten;
}

/** Owner first: changing it takes set-user-id bits away. */
async function keepOwner(handle: FileHandle, was: BigIntStats): Promise<void> {
  const is = await handle.stat({ bigint: true });
  if (is.uid !== was.uid || is.gid !== was.gid) await handle.chown(Number(was.uid), Number(was.gid));
  await handle.chmod(Number(was.mode & 0o7777n));
}

async function current(absolute: string): Promise<BigIntStats | null> {
  try {
    return await lstat(absolute, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Makes the renaming last. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
