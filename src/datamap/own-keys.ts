/** What a kind of system has of its own in the data map, beside the keys that the core reads. */
import { z } from "zod";
import { type BlockKeys, type Keys, KNOWN } from "../port/keys.ts";
import { isBlock, valueAt } from "./block.ts";
import type { Path } from "./source.ts";

type Part = keyof BlockKeys;

/** The own keys of all these kinds. A key that two kinds have may be written as either wants it. */
export function ownKeys(kinds: Iterable<BlockKeys>): BlockKeys {
  const all = [...kinds];
  const of = (part: Part): Keys => {
    const found = new Map<string, z.ZodType>();
    for (const kind of all)
      for (const [key, schema] of ownOf(kind, part)) {
        const other = found.get(key);
        found.set(key, other === undefined || other === schema ? schema : z.union([other, schema]));
      }
    return Object.fromEntries(found);
  };
  return { connect: of("connect"), system: of("system"), record: of("record") };
}

function ownOf(kind: BlockKeys, part: Part): readonly (readonly [string, z.ZodType])[] {
  return Object.entries(kind[part]).filter(([key]) => !Object.hasOwn(KNOWN[part], key));
}

/** The own keys of one block, as they were read. */
type Own = Readonly<Record<string, unknown>>;

export interface Taken {
  /** The data map without them. */
  readonly rest: unknown;
  /** What is wrong with them, with paths from the top of the data map. */
  readonly issues: readonly z.core.$ZodIssue[];
  /** Those of the block at this path. */
  at(path: Path): Own | undefined;
}

/** Takes the own keys out of every system whose kind has some. */
export function takeOwn(value: unknown, blockOf: (kind: string) => BlockKeys | undefined): Taken {
  const taken = new Map<string, Own>();
  const issues: z.core.$ZodIssue[] = [];
  const without = (block: unknown, kind: BlockKeys, part: Part, path: Path): unknown => {
    if (!isBlock(block)) return block;
    const keys = Object.fromEntries(ownOf(kind, part));
    const written = Object.entries(block);
    const read = z
      .strictObject(keys)
      .safeParse(Object.fromEntries(written.filter(([key]) => Object.hasOwn(keys, key))));
    if (!read.success) issues.push(...read.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
    else if (Object.keys(read.data).length > 0) taken.set(JSON.stringify(path), read.data);
    return Object.fromEntries(written.filter(([key]) => !Object.hasOwn(keys, key)));
  };
  const systems = valueAt(value, ["systems"]);
  if (!isBlock(value) || !isBlock(systems)) return { rest: value, issues, at: () => undefined };
  const rest = Object.entries(systems).map(([name, system]): [string, unknown] => {
    const kind = valueAt(system, ["kind"]);
    const block = typeof kind === "string" ? blockOf(kind) : undefined;
    if (block === undefined || !isBlock(system)) return [name, system];
    const path: Path = ["systems", name];
    const left = without(system, block, "system", path);
    if (!isBlock(left)) return [name, left];
    const { connect, records } = left;
    const each = (record: string, one: unknown) => without(one, block, "record", [...path, "records", record]);
    return [
      name,
      {
        ...left,
        ...(connect === undefined ? {} : { connect: without(connect, block, "connect", [...path, "connect"]) }),
        ...(isBlock(records)
          ? { records: Object.fromEntries(Object.entries(records).map(([record, one]) => [record, each(record, one)])) }
          : {}),
      },
    ];
  });
  return {
    rest: { ...value, systems: Object.fromEntries(rest) },
    issues,
    at: (path) => taken.get(JSON.stringify(path)),
  };
}

/** Where a path leads in a system's block. */
export function partAt(block: Path): Part | undefined {
  if (block[0] !== "systems") return undefined;
  if (block.length === 2) return "system";
  if (block.length === 3 && block[2] === "connect") return "connect";
  return block.length === 4 && block[2] === "records" ? "record" : undefined;
}

/** Known keys that this kind has not: what is written under them would do nothing. */
export function strangeKeys(system: string, written: unknown, block: BlockKeys): readonly Path[] {
  const path: Path = ["systems", system];
  const records = valueAt(written, ["records"]);
  return [
    ...strangeIn(written, "system", block, path),
    ...strangeIn(valueAt(written, ["connect"]), "connect", block, [...path, "connect"]),
    ...(isBlock(records) ? Object.entries(records) : []).flatMap(([name, one]) =>
      strangeIn(one, "record", block, [...path, "records", name]),
    ),
  ];
}

/** Known by all kinds; it is not built for any. */
const OF_ALL = new Set(["read_secret"]);

function strangeIn(written: unknown, part: Part, block: BlockKeys, path: Path): readonly Path[] {
  return Object.keys(isBlock(written) ? written : {})
    .filter((key) => Object.hasOwn(KNOWN[part], key) && !Object.hasOwn(block[part], key) && !OF_ALL.has(key))
    .map((key) => [...path, key]);
}

/** Of the keys that may stand in such a block, those of this kind. */
export function keysOfKind(keys: readonly string[], part: Part, block: BlockKeys): readonly string[] {
  const kept = keys.filter(
    (key) => !Object.hasOwn(KNOWN[part], key) || Object.hasOwn(block[part], key) || OF_ALL.has(key),
  );
  return [...kept, ...ownOf(block, part).map(([key]) => key)];
}
