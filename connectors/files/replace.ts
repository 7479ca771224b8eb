/**
 * Puts a rewritten file in the place of the original: written aside in the same folder, synced, read again and compared,
 * noted, renamed. Whatever happens, the path holds the old file or the new one, whole.
 */
import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type RecordChange, type RecordRule, rewriteRecords, type RewriteResult, verifyRewrite } from "../../src/record-files/record-file.ts";
import type { IO, UnitJournal } from "../../src/port/connector.ts";
import { errnoOf } from "./failure.ts";
import { TEMP_PREFIX } from "./names.ts";
import { chunksOf, identityOf, type OpenFile } from "./read-file.ts";
import type { FileNotes } from "./notes.ts";

export interface Replacing {
  readonly file: OpenFile;
  readonly rule: RecordRule;
  readonly changes: ReadonlyMap<string, RecordChange>;
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

/**
 * What the rewriting did; `conflict` where somebody else changed the file meanwhile, which then stays as they left it.
 * Where nothing is to be changed the file stays untouched.
 */
export async function replaceFile(replacing: Replacing): Promise<RewriteResult | "conflict"> {
  const { file, temp, io, journal, notes } = replacing;
  const written = await writeAside(replacing);
  if (written === null) return "conflict";
  const { result, found } = written;
  if (result.changed.length === 0) {
    await removeTemp(temp);
    return result;
  }
  io.signal.throwIfAborted();
  // from here to the renaming nothing is asked any more: the note says what is about to happen
  await notes.intend(journal, { ino: String(found.ino), born: String(found.birthtimeNs), changed: result.changed.length, sha256: result.sha256 });
  journal.at("effect_half");
  const now = await current(file.absolute);
  if (now === null || identityOf(now) !== identityOf(file.found)) {
    await notes.withdraw(journal);
    await removeTemp(temp);
    return "conflict";
  }
  await rename(temp, file.absolute);
  await syncFolder(dirname(file.absolute));
  return result;
}

/** The temporary file, complete, synced, and proved by reading it again; null where the file changed while it was read. */
async function writeAside({ file, rule, changes, temp, io }: Replacing): Promise<{ readonly result: RewriteResult; readonly found: BigIntStats } | null> {
  const handle = await open(temp, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    const { output, result } = rewriteRecords(file.bytes(io.signal), rule, changes, (value) => io.pseudonym(value));
    for await (const chunk of output) await writeAll(handle, chunk);
    const now = await current(file.absolute);
    if (now === null || identityOf(now) !== identityOf(file.found)) {
      await removeTemp(temp);
      return null;
    }
    await keepOwner(handle, file.found);
    await handle.sync();
    if (result().changed.length > 0) await verifyRewrite(chunksOf(handle, io.signal), rule, changes, result());
    return { result: result(), found: await handle.stat({ bigint: true }) };
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
