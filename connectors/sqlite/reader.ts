import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { referenceOf } from "../../src/sql/cascades.ts";
import { locateKeys, locateRows } from "../../src/sql/locate.ts";
import { remainingRows } from "../../src/sql/remaining.ts";
import { type Catalog, loadCatalog } from "./catalog.ts";
import { checkTargets } from "./check.ts";
import { openToRead, quoted } from "./database.ts";
import { writesOf } from "./effects.ts";
import { failureOf } from "./errors.ts";
import { gapsIn, lookOf } from "./look.ts";
import { linksOf, walkReferences } from "./references.ts";
import { residueOf } from "./residue.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";

export async function openReader(block: SystemBlock, io: IO): Promise<Reader> {
  const database = await openToRead(block, io);
  let known: Catalog | undefined;
  const place = (): Place => {
    if (known === undefined || known.version !== database.version()) known = loadCatalog(database, block);
    return { database, catalog: known, block, io };
  };
  const looking = async function* <T>(where: string, look: (place: Place) => AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    try {
      yield* look(place());
    } catch (error) {
      throw failureOf(error, where);
    }
  };
  const lookingAt = <T>(target: Target, look: (place: Place, resolved: Resolved) => AsyncIterable<T> | Iterable<T>) =>
    looking(target.record.id, (here) => look(here, resolveTarget(here, target)));
  const once = async <T>(where: string, look: (place: Place) => T): Promise<T> => {
    const [found] = await Array.fromAsync(looking(where, (here) => [look(here)]));
    if (found === undefined) throw new Failure("UNEXPECTED", `${where}: nothing was said`);
    return found;
  };
  return {
    check: (targets) => looking(block.name, (here) => checkTargets(here, targets)),
    links: async (targets) => await once(block.name, (here) => linksOf(here, resolveAll(here, targets))),
    writes: async (targets) => await once(block.name, (here) => writesOf(here, resolveAll(here, targets))),
    locate: (target, selection) =>
      lookingAt(target, async function* (here, resolved) {
        switch (selection.by) {
          case "subjects":
            yield* locateRows(lookOf(here), resolved, selection.lookups, io);
            for await (const gap of gapsIn(here, resolved, selection.lookups)) io.report(gap);
            break;
          case "keys":
            yield* locateKeys(lookOf(here), resolved, selection.keys, io);
            break;
          case "due":
            throw new Failure("NOT_BUILT", `${target.record.id}: rows that are due are not searched yet`);
        }
      }),
    references: (target, keys) =>
      lookingAt(target, async function* (here, resolved) {
        for await (const found of walkReferences(here, resolved, keys)) yield referenceOf(found, block, target.record.id);
      }),
    size: async (target) =>
      await once(target.record.id, (here) =>
        Number(here.database.all(`SELECT count(*) FROM main.${quoted(resolveTarget(here, target).table.name)}`)[0]?.[0] ?? 0),
      ),
    remaining: (target, operation, lookups) => lookingAt(target, (here, resolved) => remainingRows(lookOf(here), resolved, operation, lookups, io)),
    sweep: () =>
      looking(block.name, () => {
        throw new Failure("NOT_BUILT", `${block.name}: a whole database is not searched yet`);
      }),
    residue: (target) => lookingAt(target, residueOf),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

function resolveAll(place: Place, targets: readonly Target[]): readonly Resolved[] {
  return targets.map((target) => resolveTarget(place, target));
}
