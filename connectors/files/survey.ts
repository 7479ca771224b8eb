/** What lies under the root, as families of files. Opens files to read their headings, and writes nothing. */
import { access, constants, readdir, lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SystemBlock } from "../../src/model/datamap.ts";
import { shown } from "../../src/model/shown.ts";
import type { Store } from "../../src/model/structure.ts";
import type { IO, Survey } from "../../src/port/connector.ts";
import { families, type Family } from "../../src/record-files/families.ts";
import {
  fileStore,
  type FileSurvey,
  HEADINGS,
  isRecordFile,
  sampleFamily,
  type SurveyedFile,
} from "../../src/record-files/file-stores.ts";
import { below, matches, parseGlob } from "../../src/record-files/glob.ts";
import { errnoOf, fileFailure } from "./failure.ts";
import type { Root } from "./folder.ts";
import { TEMP_PREFIX } from "./names.ts";
import { openFile } from "./read-file.ts";

export function filesSurvey(root: Root, block: SystemBlock, io: IO): Survey {
  const known = new Map<string, Family<SurveyedFile>>();
  const survey: FileSurvey<SurveyedFile> = {
    block,
    others: "files",
    place: ({ path }) => path,
    names: ({ place }, path) => place.kind === "files" && place.globs.some((glob) => isNamed(glob, path)),
    bytes: (member) => bytesOf(root, member, io),
    report: (finding) => io.report(finding),
  };
  return {
    async *stores(within) {
      const found = families<SurveyedFile>(HEADINGS);
      for await (const member of filesBelow(root, "", io)) {
        if (within.length > 0 && !within.some((prefix) => member.path.startsWith(prefix))) continue;
        found.add(member, isRecordFile(member.path) || isOfARecord(survey, member.path));
      }
      for (const family of found.all()) {
        known.set(family.name, family);
        yield await fileStore(survey, family, await rightsOf(root, family));
      }
    },
    async sample(store, most) {
      const family = known.get(store.name);
      return family === undefined ? [] : await sampleFamily(survey, family, most);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function isOfARecord({ block, names }: FileSurvey<SurveyedFile>, path: string): boolean {
  return block.records.some((record) => names(record, path));
}

function isNamed(glob: string, path: string): boolean {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  return matches(
    parts.reduce((globs, folder) => below(globs, folder), parseGlob(glob) ?? []),
    name,
  );
}

/** Plain files, in order of name. What begins with a dot no glob names unless it writes the dot, and links lead to what lies elsewhere. */
async function* filesBelow(root: Root, folder: string, io: IO): AsyncGenerator<SurveyedFile> {
  io.signal.throwIfAborted();
  const entries = await readdir(join(root.path, folder), { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure(error, folder === "" ? "the root folder" : shown(folder));
  });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name.startsWith(TEMP_PREFIX)) continue;
    if (entry.isDirectory()) yield* filesBelow(root, path, io);
    else if (entry.isFile()) {
      const found = await lstat(join(root.path, path)).catch((error: unknown) => {
        if (errnoOf(error) === "ENOENT") return undefined;
        throw fileFailure(error, shown(path));
      });
      if (found !== undefined) yield { path, shown: shown(path), modified: found.mtime.toISOString() };
    }
  }
}

async function* bytesOf(root: Root, { path }: SurveyedFile, { signal }: IO): AsyncGenerator<Uint8Array> {
  await using file = await openFile(root, path);
  if (file !== null) yield* file.bytes(signal);
}

/** Of its newest files: whether all can be read, and rewritten in their folders. */
async function rightsOf(root: Root, { newest }: Family<SurveyedFile>): Promise<NonNullable<Store["may"]>> {
  const may = async (path: string, mode: number): Promise<boolean> => {
    try {
      await access(path, mode);
      return true;
    } catch (error) {
      if (errnoOf(error) === null) throw error;
      return false;
    }
  };
  const files = newest.map(({ path }) => join(root.path, path));
  const read = await Promise.all(files.map(async (file) => await may(file, constants.R_OK)));
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const erase = await Promise.all(folders.map(async (one) => await may(one, constants.W_OK | constants.X_OK)));
  return { read: read.every(Boolean), erase: erase.every(Boolean) };
}
