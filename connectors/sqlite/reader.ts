import { stat } from "node:fs/promises";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { referenceOf } from "../../src/sql/cascades.ts";
import { sqlReader } from "../../src/sql/reader.ts";
import { type Catalog, loadCatalog } from "./catalog.ts";
import { checkTargets } from "./check.ts";
import { type Database, openToRead, quoted } from "./database.ts";
import { writesOf } from "./effects.ts";
import { failureOf } from "./errors.ts";
import { tryFigure } from "./figures.ts";
import { gapsIn, lookOf } from "./look.ts";
import { linksOf, walkReferences } from "./references.ts";
import { residueOf } from "./residue.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";

/** Its path; where other paths lead to the same file too, what all of them are: the file itself. */
async function fileOf({ path }: Database): Promise<string> {
  const { nlink, dev, ino } = await stat(path, { bigint: true });
  return nlink > 1n ? `${dev} ${ino}` : path;
}

export async function openReader(block: SystemBlock, io: IO): Promise<Reader> {
  const database = await openToRead(block, io);
  let known: Catalog | undefined;
  return sqlReader<Place, Resolved>(block, io, {
    async *looking(where, _targets, look) {
      try {
        if (known === undefined || known.version !== database.version()) known = loadCatalog(database, block);
        yield* look({ database, catalog: known, block, io });
      } catch (error) {
        throw failureOf(error, where);
      }
    },
    space: async () => `sqlite ${await fileOf(database)}`,
    table: resolveTarget,
    look: lookOf,
    check: checkTargets,
    links: linksOf,
    writes: writesOf,
    gaps: gapsIn,
    async *references(place, resolved, keys) {
      for await (const found of walkReferences(place, resolved, keys))
        yield referenceOf(found, block, resolved.target.record.id);
    },
    size: (_place, { table }) => Number(database.all(`SELECT count(*) FROM main.${quoted(table.name)}`)[0]?.[0] ?? 0),
    figure: (_place, assertion) => tryFigure(database, assertion, block.name),
    residue: residueOf,
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  });
}
