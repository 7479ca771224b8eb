/**
 * The structure that somebody looked at and accepted: names and types, never a value, in `datamap.lock.json` beside the
 * data map. The same structure gives the same bytes. Names lose whatever may be a person's, as the file is kept in git.
 */
import { z } from "zod";
import { nameForGit } from "../model/name-for-git.ts";
import type { Store } from "../model/structure.ts";
import { Failure } from "../errors.ts";
import type { Surveyed } from "./reach.ts";

const SCHEMA = "expunge/lock/v1";

const LOCK = z.strictObject({
  schema: z.literal(SCHEMA),
  systems: z.record(
    z.string(),
    z.strictObject({
      kind: z.string(),
      stores: z.record(
        z.string(),
        z.strictObject({
          kind: z.enum(["table", "view", "index", "objects", "files"]),
          columns: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ),
});

export type Lock = z.infer<typeof LOCK>;
export type LockedStore = Lock["systems"][string]["stores"][string];

/** What is there now. Views and parts of other stores are what those are made of. */
export function lockOf(surveyed: readonly Surveyed[]): Lock {
  const systems = surveyed.map(({ block, stores }) => {
    const own = stores.filter((store) => store.kind !== "view" && store.partOf === undefined);
    const byName = Map.groupBy(own, (store) => nameForGit(store.name));
    const locked = [...byName].map(([name, some]) => [name, lockedStore(some)] as const);
    return [block.name, { kind: block.kind, stores: Object.fromEntries(inOrder(locked)) }] as const;
  });
  return { schema: SCHEMA, systems: Object.fromEntries(inOrder(systems)) };
}

function lockedStore(stores: readonly Store[]): LockedStore {
  const types = new Map<string, Set<string>>();
  for (const column of stores.flatMap(({ columns }) => columns)) {
    const name = nameForGit(column.name);
    types.set(name, (types.get(name) ?? new Set()).add(column.type));
  }
  const columns = [...types].map(([name, some]) => [name, [...some].toSorted().join(" or ")] as const);
  return { kind: stores[0]?.kind ?? "table", columns: Object.fromEntries(inOrder(columns)) };
}

/** Keys of integers come first in an object, whatever their order: the same for the same structure all the same. */
function inOrder<Entry extends readonly [string, unknown]>(entries: readonly Entry[]): Entry[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export function lockText(lock: Lock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/** Throws LOCK_INVALID. */
export function readLock(text: string, file: string): Lock {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const { data } = LOCK.safeParse(json);
  if (data === undefined) throw new Failure("LOCK_INVALID", `${file} is not what \`map accept\` writes`);
  return data;
}

/** How a structure differs from one that was accepted, in words of the file. */
export interface Change {
  readonly system: string;
  readonly store: string;
  readonly column?: string;
  readonly change: "added" | "removed" | "retyped";
  readonly type?: string;
  readonly was?: string;
}

/** One line a store that came or went, else one a column. */
export function changesBetween(before: Lock | undefined, after: Lock): readonly Change[] {
  const names = [...new Set([...Object.keys(before?.systems ?? {}), ...Object.keys(after.systems)])].toSorted();
  return names.flatMap((system) => {
    const [old, now] = [before?.systems[system]?.stores ?? {}, after.systems[system]?.stores ?? {}];
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].toSorted().flatMap((store): Change[] => {
      const [was, is] = [old[store], now[store]];
      if (is === undefined) return [{ system, store, change: "removed" }];
      if (was === undefined) return [{ system, store, change: "added" }];
      return columnChanges({ system, store }, was.columns, is.columns);
    });
  });
}

function columnChanges(
  at: { readonly system: string; readonly store: string },
  was: Readonly<Record<string, string>>,
  is: Readonly<Record<string, string>>,
): Change[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted().flatMap((column): Change[] => {
    const [old, type] = [was[column], is[column]];
    if (old === type) return [];
    if (old === undefined) return [{ ...at, column, change: "added", type: type ?? "" }];
    if (type === undefined) return [{ ...at, column, change: "removed", was: old }];
    return [{ ...at, column, change: "retyped", type, was: old }];
  });
}
