import { readFileSync } from "node:fs";
import { addAbortSignal } from "node:stream";
import { Failure } from "../errors.ts";

/** The text of a subject file, or of stdin for `-`. Throws SUBJECT_INVALID; a file's name may hold an identifier, so it is not repeated. */
export async function readInput(file: string, signal: AbortSignal): Promise<string> {
  try {
    return decode(file === "-" ? await standardInput(signal) : readFileSync(file));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure("SUBJECT_INVALID", file === "-" ? "stdin cannot be read" : "the subject file cannot be read");
  }
}

async function standardInput(signal: AbortSignal): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of addAbortSignal(signal, process.stdin)) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("SUBJECT_INVALID", "the subject file is no UTF-8");
  }
}
