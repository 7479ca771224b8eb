/** What leads to no person, each with the reason; one line for a family of tables. */
import type { Store } from "../model/structure.ts";
import { hushedName } from "./hushed-names.ts";
import type { Ignored, Left, SurveyedSystem } from "./proposal.ts";

const TECHNICAL = "kept by a framework or tool";
const NOBODY = "no person is reached from here, and no column is named like a person's";

/** A family is four tables or more with one beginning, of which none holds people. */
const FAMILY = 4;

export function ignoredOf(
  system: SurveyedSystem,
  rest: readonly Left[],
  kept: ReadonlySet<string>,
): readonly Ignored[] {
  const all = system.stores.map(({ name }) => name);
  // what must stand by its own name, so that what a deletion does there is declared
  const loose = rest.filter(({ follows }) => !follows);
  const families = familiesOf(
    loose.map(({ store }) => store.name),
    all,
    kept,
  );
  const inFamily = new Set(families.flatMap(({ names }) => names));
  const reasonOf = ({ technical, actors }: Left) =>
    technical
      ? TECHNICAL
      : actors.length === 0
        ? NOBODY
        : `${NOBODY}; ${actors.slice(0, 4).join(", ")}: who did something with it, not whose it is`;
  const entries = [
    ...families.map(({ entry, names }): Ignored => {
      const mine = rest.filter(({ store }) => names.includes(store.name));
      const acted = mine.filter(({ actors }) => actors.length > 0).length;
      return {
        system: system.name,
        entry,
        stores: names.length,
        reason: `${names.length} tables: ${NOBODY}${acted === 0 ? "" : `; ${acted} of them say who did something with them`}`,
      };
    }),
    ...rest
      .filter(({ store }) => !inFamily.has(store.name))
      .map((left): Ignored => ({
        system: system.name,
        entry: safeEntry(left.store.name, all, kept),
        stores: 1,
        reason: reasonOf(left),
        ...(left.technical ? {} : unjudged(left.store)),
      })),
  ];
  return [...new Map(entries.map((one) => [one.entry, one])).values()].toSorted((a, b) => (a.entry < b.entry ? -1 : 1));
}

/** Columns that hold texts and say nothing by their names: whether people are in them only a look at the values tells. */
function unjudged({ columns, key, references }: Store): Pick<Ignored, "unjudged"> {
  const keys = new Set([...key, ...references.flatMap((reference) => reference.columns)]);
  const texts = columns.filter(
    ({ name, shape, values }) => (shape === "text" || shape === "json") && values === undefined && !keys.has(name),
  );
  return texts.length === 0 ? {} : { unjudged: texts.map(({ name }) => name) };
}

/** A name without what may be somebody's, where that reaches nothing that is kept. */
function safeEntry(name: string, all: readonly string[], kept: ReadonlySet<string>): string {
  const hushed = hushedName(name);
  return hushed !== name && !all.some((one) => kept.has(one) && reaches(hushed, one)) ? hushed : name;
}

function familiesOf(
  names: readonly string[],
  all: readonly string[],
  kept: ReadonlySet<string>,
): readonly { readonly entry: string; readonly names: readonly string[] }[] {
  const free = new Set(names);
  const byStart = new Map<string, string[]>();
  const starts = (name: string): readonly string[] => {
    const at = name.lastIndexOf(".") + 1;
    return [...name.slice(at).matchAll(/[_-]/gu)].map(({ index }) => name.slice(0, at + index + 1));
  };
  for (const name of all) for (const start of starts(name)) byStart.set(start, [...(byStart.get(start) ?? []), name]);
  const taken = new Set<string>();
  const families: { entry: string; names: readonly string[] }[] = [];
  // the shortest beginning first: it takes the most
  for (const [start, mine] of [...byStart].toSorted(([a], [b]) => a.length - b.length)) {
    if (mine.some((name) => !free.has(name) || kept.has(name) || taken.has(name)) || mine.length < FAMILY) continue;
    for (const name of mine) taken.add(name);
    families.push({
      entry: `${hushedName(start.slice(0, -1))}${start.at(-1) ?? ""}*`.replaceAll(/\*[_-]?\*$/gu, "*"),
      names: mine,
    });
  }
  return families;
}

/** As `map.ignore` reads a star: in the last part of a name. */
function reaches(entry: string, name: string): boolean {
  const last = entry.lastIndexOf(".") + 1;
  if (!name.startsWith(entry.slice(0, last))) return false;
  const pattern = entry
    .slice(last)
    .split("*")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`))
    .join(".*");
  return new RegExp(`^${pattern}$`, "su").test(name.slice(last));
}
