import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { Failure } from "../../src/errors.ts";
import { fileFailure } from "./failure.ts";
import { type Root, safePath } from "./folder.ts";
import { shown } from "../../src/model/shown.ts";

/** Big enough to be quick, small enough that memory does not grow with the file. */
const CHUNK = 64 * 1024;

export interface OpenFile extends AsyncDisposable {
  readonly absolute: string;
  readonly found: BigIntStats;
  /** From the start, as often as it is asked for, one at a time. */
  bytes(signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

/** Opens a file for reading without following a link. null where it is gone. Throws FILE_REFUSED, NOT_PERMITTED, SYSTEM_UNREACHABLE. */
export async function openFile(root: Root, path: string): Promise<OpenFile | null> {
  const absolute = await safePath(root, path);
  if (absolute === null) return null;
  try {
    const handle = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await handle.stat({ bigint: true });
    if (!found.isFile() || found.nlink > 1n) {
      await handle.close();
      throw new Failure("FILE_REFUSED", `${shown(path)}: changed while it was opened`);
    }
    return {
      absolute,
      found,
      bytes: (signal) => chunksOf(handle, signal),
      [Symbol.asyncDispose]: async () => await closeOnce(handle),
    };
  } catch (error) {
    throw fileFailure(error, shown(path));
  }
}

/** A file from its start to its end. */
export async function* chunksOf(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (;;) {
    signal.throwIfAborted();
    // a buffer of its own for every chunk: readers keep slices of it
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafeSlow(CHUNK), position });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function closeOnce(handle: FileHandle): Promise<void> {
  if (handle.fd !== -1) await handle.close();
}

/** What tells whether a file is still the same, unchanged. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(":");
}

/** The same, and whether anybody touched it at all: a writer may set the time of change back (`rsync --times --inplace`), but not this one. */
export function stateOf(found: BigIntStats): string {
  return `${identityOf(found)}:${found.ctimeNs}`;
}
