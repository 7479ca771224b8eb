import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { connector } from "../../../connectors/files/connector.ts";
import type { System } from "../../../src/port/connector.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import { recordType } from "../../support/record-type.ts";

/** A folder of its own under the system's temporary folder; everything in it goes at the end. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  read(name: string): Promise<string>;
  /** Every file with its mode and, unzipped, its content; links and folders by name only. */
  snapshot(): Promise<Record<string, string>>;
  names(): Promise<string[]>;
  empty(): Promise<void>;
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "expunge-test-"));
  const names = async () => (await readdir(path, { recursive: true })).toSorted();
  return {
    path,
    names,
    write: async (name, content) => await writeFile(join(path, name), content),
    read: async (name) => await readFile(join(path, name), "utf8"),
    async snapshot() {
      const shot: Record<string, string> = {};
      for (const name of await names()) {
        const found = await stat(join(path, name));
        if (!found.isFile()) continue;
        const bytes = await readFile(join(path, name));
        shot[name] =
          `${(found.mode & 0o7777).toString(8)} ${found.uid}:${found.gid} ${(name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1")}`;
      }
      return shot;
    },
    async empty() {
      for (const name of await readdir(path)) await rm(join(path, name), { recursive: true });
    },
    [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }),
  };
}

/** The record type `share.people` of files under these globs. */
export function peopleFiles(globs: readonly string[], given: Partial<RecordType> = {}): RecordType {
  return recordType({ system: "share", name: "people", place: { kind: "files", globs }, do: "remove-rows", ...given });
}

export function systemOf(root: string, ...records: readonly RecordType[]): System {
  return connector.configure(blockOf(root, ...records));
}

export function blockOf(root: string, ...records: readonly RecordType[]): SystemBlock {
  return {
    name: "share",
    kind: "files",
    rank: "file",
    connect: { root },
    feeds: [],
    session: {},
    records,
    covers: [],
    at: { line: 1, column: 1 },
  };
}
