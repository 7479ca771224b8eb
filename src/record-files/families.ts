/**
 * Files and objects as families: what differs only by a number, a date or an identifier is one, so that tomorrow's export
 * is no new file, and no name of a person becomes a name of something. Flat in memory however many there are.
 */
import { nameForGit } from "../model/name-for-git.ts";

export interface Family<Member> {
  /** A glob over the names of its members: `exports/leads-*.csv`. */
  readonly name: string;
  readonly count: number;
  /** The newest first; at most as many as were asked for. */
  readonly newest: readonly Member[];
}

export interface Dated {
  readonly path: string;
  /** Sorts by time. */
  readonly modified: string;
}

export interface Families<Member> {
  /** `stem`: files of different names are different families. */
  add(member: Member, stem: boolean): void;
  /** By name. */
  all(): readonly Family<Member>[];
}

/** More folders, or files of one ending, side by side are many of a kind: each a person, a day, a batch. */
const MOST_BESIDE = 32;
const ENDING = /(?:\.[a-z][a-z0-9]{0,7})(?:\.(?:gz|zst|bz2|xz))?$/iu;

interface Folder<Member> {
  readonly folders: Map<string, Folder<Member>>;
  readonly files: Map<string, Kept<Member>>;
}

interface Kept<Member> {
  count: number;
  newest: Member[];
}

/** `keep`: members of each family that are remembered. */
export function families<Member extends Dated>(keep: number): Families<Member> {
  const root = newFolder<Member>();
  return {
    add(member, stem) {
      const parts = member.path.split("/");
      const file = parts.pop() ?? "";
      const folder = parts.reduce((at, part) => below(at, familiar(part), keep), root);
      put(folder, stem ? fileName(file) : `*${endingOf(file)}`, { count: 1, newest: [member] }, keep);
    },
    all: () => [...named(root, "", keep)].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function newFolder<Member>(): Folder<Member> {
  return { folders: new Map(), files: new Map() };
}

/** A name without what tells one of its kind from the next. */
export function familiar(name: string): string {
  return nameForGit(name)
    .replaceAll(/\b[0-9a-f]{8}-(?:[0-9a-f*]{1,4}-){3}[0-9a-f*]{1,12}\b/giu, "*")
    .replaceAll(/(?<![a-z])\d+|\d{2,}/giu, "*")
    .replaceAll(/\*(?:[-_.:T ]?\*)+Z?/gu, "*");
}

function fileName(file: string): string {
  const ending = endingOf(file);
  return `${familiar(file.slice(0, file.length - ending.length))}${ending}`;
}

function endingOf(file: string): string {
  return ENDING.exec(file)?.[0] ?? "";
}

function below<Member extends Dated>(at: Folder<Member>, name: string, keep: number): Folder<Member> {
  const { folders } = at;
  const known = folders.get(name) ?? (isMany(folders) ? folders.get("*") : undefined);
  if (known !== undefined) return known;
  const made = newFolder<Member>();
  if (folders.size < MOST_BESIDE) {
    folders.set(name, made);
    return made;
  }
  for (const folder of folders.values()) merge(made, folder, keep);
  folders.clear();
  folders.set("*", made);
  many.add(folders);
  return made;
}

/** Folders that were put together: whatever comes to them later belongs to all of them. */
const many = new WeakSet<object>();

function isMany(folders: object): boolean {
  return many.has(folders);
}

function merge<Member extends Dated>(into: Folder<Member>, from: Folder<Member>, keep: number): void {
  for (const [name, folder] of from.folders) merge(below(into, name, keep), folder, keep);
  for (const [name, kept] of from.files) put(into, name, kept, keep);
}

function put<Member extends Dated>({ files }: Folder<Member>, name: string, more: Kept<Member>, keep: number): void {
  const ending = endingOf(name);
  const all = `*${ending}`;
  const known = files.get(name) ?? (isMany(files) ? files.get(all) : undefined);
  if (known !== undefined) {
    add(known, more, keep);
    return;
  }
  files.set(name, { count: more.count, newest: [...more.newest] });
  const alike = [...files.keys()].filter((one) => endingOf(one) === ending);
  if (alike.length <= MOST_BESIDE) return;
  const together: Kept<Member> = { count: 0, newest: [] };
  for (const one of alike) {
    const kept = files.get(one);
    if (kept !== undefined) add(together, kept, keep);
    files.delete(one);
  }
  files.set(all, together);
  many.add(files);
}

function add<Member extends Dated>(to: Kept<Member>, more: Kept<Member>, keep: number): void {
  to.count += more.count;
  to.newest.push(...more.newest);
  if (to.newest.length > keep * 2) to.newest = newestOf(to.newest, keep);
}

function newestOf<Member extends Dated>(members: readonly Member[], keep: number): Member[] {
  return members
    .toSorted((a, b) => (a.modified === b.modified ? (a.path < b.path ? -1 : 1) : a.modified < b.modified ? 1 : -1))
    .slice(0, keep);
}

function* named<Member extends Dated>(folder: Folder<Member>, path: string, keep: number): Generator<Family<Member>> {
  for (const [name, { count, newest }] of folder.files)
    yield { name: `${path}${name}`, count, newest: newestOf(newest, keep) };
  for (const [name, inner] of folder.folders) yield* named(inner, `${path}${name}/`, keep);
}
