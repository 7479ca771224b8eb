/** Finds a record type's files below the root, and everything on the way that must not be followed or rewritten. */
import type { Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { Failure, type FailureCode } from "../../src/errors.ts";
import { errnoOf, fileFailure } from "./failure.ts";
import { below, type Glob, matches, parseGlob } from "../../src/record-files/glob.ts";
import { shown } from "../../src/model/shown.ts";
import { BOOK_FOLDERS, tableOf } from "../../src/record-files/table-format.ts";
import { alikeName, isCopyOf, TEMP_PREFIX } from "./names.ts";

/** The folder nothing outside of which is touched. */
export interface Root {
  /** Without symbolic links. */
  readonly path: string;
  readonly device: number;
}

export interface Problem {
  readonly code: FailureCode;
  readonly message: string;
}

/** A file that nothing is done about. */
export interface Beside {
  /** As it may be shown. */
  readonly where: string;
  readonly message: string;
  /** Its path, where it may hold people. */
  readonly copy?: string;
}

/** What stands under a record type's globs. Paths are relative to the root, with forward slashes, ascending. */
export interface Listing {
  readonly files: readonly string[];
  /** Files and folders that are matched but must not be rewritten: nothing can be said of the record type then. */
  readonly refused: readonly Problem[];
  /** Globs that no file matches. */
  readonly empty: readonly string[];
  /** What may be a copy of a matched file, or was left over by a run that was cut off. */
  readonly beside: readonly Beside[];
}

/** Throws SYSTEM_UNREACHABLE or NOT_PERMITTED. */
export async function openRoot(base: string, root: string): Promise<Root> {
  try {
    const path = await realpath(resolve(base, root));
    const found = await stat(path);
    if (!found.isDirectory())
      throw new Failure("SYSTEM_UNREACHABLE", "the root is no folder", {
        help: "Correct `connect.root` in the data map.",
      });
    return { path, device: found.dev };
  } catch (error) {
    if (errnoOf(error) === "ENOENT")
      throw new Failure("SYSTEM_UNREACHABLE", "the root folder does not exist", {
        help: "Correct `connect.root` in the data map, or mount the folder.",
      });
    throw fileFailure(error, "the root folder");
  }
}

/** Looks at names only; opens no file. Throws what keeps it from looking. */
export async function listFiles(root: Root, globs: readonly string[]): Promise<Listing> {
  const walk = newWalk(root);
  await visit(
    walk,
    "",
    globs.map((text) => ({ text, globs: parseGlob(text) ?? [], alike: parseGlob(alikeName(text)) ?? [] })),
    null,
  );
  const real = new Set(walk.files);
  for (const path of await leadingAstray(walk, real))
    walk.refused.push({
      code: "FILE_REFUSED",
      message: `${shown(path)}: is a symbolic link to a folder whose files no glob matches where they lie`,
    });
  for (const { path, target } of walk.links) {
    // a link to a file that is matched itself is harmless: `latest.csv`
    if (target === null || !real.has(target))
      walk.refused.push({
        code: "FILE_REFUSED",
        message: `${shown(path)}: is a symbolic link ${target === null ? "out of the root" : "to a file that no glob matches"}`,
      });
  }
  return {
    files: walk.files.toSorted(),
    refused: walk.refused,
    beside: walk.beside,
    empty: globs.filter((text) => !walk.used.has(text)),
  };
}

/**
 * The absolute path of a file as it may be opened: no link on the way, on the root's device, a plain file with one
 * name. null where it is gone. Throws FILE_REFUSED.
 */
export async function safePath(root: Root, path: string): Promise<string | null> {
  const absolute = join(root.path, ...path.split("/"));
  const name = shown(path);
  if (relative(root.path, absolute).split(sep).join("/") !== path || path.split("/").includes(".."))
    throw new Failure("FILE_REFUSED", `${name}: is not below the root`);
  try {
    const real = await realpath(join(absolute, ".."));
    if (real !== join(absolute, ".."))
      throw new Failure("FILE_REFUSED", `${name}: a folder on the way is a symbolic link`);
    const why = refusal(root, await lstat(absolute));
    if (why !== null) throw new Failure("FILE_REFUSED", `${name}: ${why}`);
    return absolute;
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw fileFailure(error, name);
  }
}

/** Why a file is not rewritten; null for a plain file with one name on the root's device. */
export function refusal(root: Root, found: Stats): string | null {
  if (found.isSymbolicLink()) return "is a symbolic link";
  if (!found.isFile()) return "is no plain file";
  if (found.nlink > 1) return `has ${found.nlink} names (hard links): the others would keep the old content`;
  return found.dev === root.device ? null : "is on another device than the root";
}

interface Walk {
  readonly root: Root;
  readonly files: string[];
  readonly links: { readonly path: string; readonly target: string | null }[];
  /** Links to folders below the root, and what is to be matched in them. */
  readonly folders: FolderLink[];
  readonly refused: Problem[];
  readonly beside: Beside[];
  /** Globs that matched something. */
  readonly used: Set<string>;
}

interface FolderLink {
  readonly path: string;
  readonly target: string;
  readonly patterns: readonly Pattern[];
}

interface Pattern {
  readonly text: string;
  readonly globs: readonly Glob[];
  /** The same as it looks: without case, and composed. */
  readonly alike: readonly Glob[];
}

function newWalk(root: Root): Walk {
  return { root, files: [], links: [], folders: [], refused: [], beside: [], used: new Set() };
}

/** Links to folders with files that are matched behind the link, and not found where they lie: these are never opened by the link's path. */
async function leadingAstray(walk: Walk, real: ReadonlySet<string>): Promise<readonly string[]> {
  const astray = new Set<string>();
  const seen = new Set<string>();
  const queue = walk.folders.map((link) => ({ link, from: link.path }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { link, from } = next;
    const name = JSON.stringify([link.target, link.patterns.map(({ globs }) => globs.map((glob) => glob.map(String)))]);
    if (seen.has(name)) continue;
    seen.add(name);
    const behind = newWalk(walk.root);
    await visit(behind, link.target, link.patterns, null);
    if (
      [...behind.files, ...behind.links.map(({ target }) => target ?? "")].some((path) => !real.has(path)) ||
      behind.refused.length > 0
    )
      astray.add(from);
    queue.push(...behind.folders.map((one) => ({ link: one, from })));
  }
  return [...astray];
}

async function visit(walk: Walk, folder: string, patterns: readonly Pattern[], table: string | null): Promise<void> {
  const isOnlyAlike = patterns.every(({ globs }) => globs.length === 0);
  const entries = await readdir(join(walk.root.path, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (isOnlyAlike && errnoOf(error) !== null) return [];
    throw fileFailure(error, folder === "" ? "the root folder" : shown(folder));
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = entries.map(({ name }) => name);
  const format = table ?? (await tableFormat(walk.root, folder, names));
  const mine: string[] = [];
  const alike = new Set<string>();
  for (const entry of entries) {
    const { name } = entry;
    const path = folder === "" ? name : `${folder}/${name}`;
    if (name.startsWith(TEMP_PREFIX)) {
      const where = `${folder === "" ? "" : `${shown(folder)}/`}${TEMP_PREFIX}…`;
      walk.beside.push({
        where,
        copy: path,
        message: `${where}: left over by a run that was cut off; run that request again`,
      });
      continue;
    }
    const reached = patterns.map(({ text, globs, alike }) => ({
      text,
      globs: below(globs, name),
      alike: below(alike, alikeName(name)),
    }));
    const inside = reached.filter(({ globs }) => globs.length > 0);
    if (entry.isDirectory()) {
      const here = reached.filter(({ globs, alike }) => globs.length + alike.length > 0);
      if (isBroken(name)) {
        if (inside.length > 0) walk.refused.push({ code: "FILE_REFUSED", message: `${shown(path)}: ${BROKEN_NAME}` });
      } else if (here.length > 0) await visit(walk, path, here, format);
      continue;
    }
    const matched = patterns.filter(({ globs }) => matches(globs, name));
    if (entry.isSymbolicLink()) {
      if (matched.length === 0 && inside.length === 0) continue;
      const link = await followed(walk.root, path);
      if (link.folder) {
        if (inside.length === 0) continue;
        if (link.target === null)
          walk.refused.push({
            code: "FILE_REFUSED",
            message: `${shown(path)}: is a symbolic link to a folder out of the root`,
          });
        else
          walk.folders.push({
            path,
            target: link.target,
            patterns: inside.map((pattern) => ({ ...pattern, alike: [] })),
          });
      } else if (matched.length > 0) walk.links.push({ path, target: link.target });
      continue;
    }
    if (matched.length === 0) {
      const meant = entry.isFile() ? patterns.find(({ alike }) => matches(alike, alikeName(name))) : undefined;
      if (meant === undefined) continue;
      const where = shown(path);
      walk.beside.push({
        where,
        copy: path,
        message: `${where}: is not matched by ${shown(meant.text)}, though it is named so but for capitals or the form of its letters`,
      });
      alike.add(name);
      continue;
    }
    for (const { text } of matched) walk.used.add(text);
    // such a name leads to no file: the system was not given the bytes that it has
    const found = isBroken(path)
      ? null
      : await lstat(join(walk.root.path, path)).catch((error: unknown) => {
          throw fileFailure(error, shown(path));
        });
    const why = found === null ? BROKEN_NAME : refusal(walk.root, found);
    if (format !== null)
      walk.refused.push({ code: "TABLE_FORMAT", message: `${shown(path)}: belongs to a table of ${format}` });
    else if (why !== null) walk.refused.push({ code: "FILE_REFUSED", message: `${shown(path)}: ${why}` });
    else {
      walk.files.push(path);
      mine.push(name);
    }
  }
  const others = names.filter((name) => !mine.includes(name) && !alike.has(name));
  for (const name of others) {
    const original = mine.find((file) => isCopyOf(name, file));
    if (original === undefined) continue;
    const copy = folder === "" ? name : `${folder}/${name}`;
    const where = shown(copy);
    walk.beside.push({
      where,
      copy,
      message: `${where}: looks like a copy of ${shown(original)}, and no glob matches it`,
    });
  }
}

const BROKEN_NAME = "its name is not valid UTF-8";

/** Bytes that are no UTF-8 come as this sign; so does a name that really has it. */
function isBroken(name: string): boolean {
  return name.includes("\u{FFFD}");
}

/** Where a link leads: a path below the root, or null for anywhere else (a dangling one too). */
async function followed(
  root: Root,
  path: string,
): Promise<{ readonly target: string | null; readonly folder: boolean }> {
  try {
    const real = await realpath(join(root.path, path));
    const target = relative(root.path, real);
    const outside = target === "" || target === ".." || target.startsWith(`..${sep}`);
    return { target: outside ? null : target.split(sep).join("/"), folder: (await stat(real)).isDirectory() };
  } catch {
    return { target: null, folder: false };
  }
}

/** The format of the table that this folder is, if it is one. */
async function tableFormat(root: Root, folder: string, names: readonly string[]): Promise<string | null> {
  for (const book of BOOK_FOLDERS.filter((one) => names.includes(one))) {
    const inside = await readdir(join(root.path, folder, book)).catch(() => []);
    const table = ["", ...inside].map((name) => tableOf(`${book}/${name}`)).find((found) => found !== null);
    if (table !== undefined) return table.format;
  }
  return null;
}
