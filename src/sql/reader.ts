import { Failure } from "../errors.ts";
import type { Assertion } from "../model/assertion.ts";
import type { Link, Reference, Residue, Write } from "../model/change.ts";
import type { SystemBlock } from "../model/datamap.ts";
import type { Finding, Lookup, Target } from "../model/search.ts";
import type { IO, Reader } from "../port/connector.ts";
import { figureDigest } from "./asserted.ts";
import { chunks } from "./items.ts";
import { locateDue, locateKeys, locateRows, type SearchedTable } from "./locate.ts";
import { type RemainingLook, remainingRows } from "./remaining.ts";

type Several<R> = AsyncIterable<R> | Iterable<R>;

/** What a database says of itself. `P`: a look at it, with its catalog. */
export interface SqlReading<P, T extends SearchedTable> extends AsyncDisposable {
  /** Begins a look in which these targets can be asked about. Throws `Failure` only, told of `where`. */
  looking<R>(where: string, targets: readonly Target[], look: (place: P) => Several<R>): AsyncIterable<R>;
  /** What names the database, whoever looks. */
  space(place: P): string | Promise<string>;
  table(place: P, target: Target): T | Promise<T>;
  look(place: P): RemainingLook<T>;
  check(place: P, targets: readonly Target[]): Several<Finding>;
  links(place: P, tables: readonly T[]): readonly Link[];
  writes(place: P, tables: readonly T[]): readonly Write[] | Promise<readonly Write[]>;
  /** What no search finds though a person's identifier may stand there. */
  gaps(place: P, table: T, lookups: readonly Lookup[]): Several<Finding>;
  references(place: P, table: T, keys: readonly string[]): Several<Reference>;
  size(place: P, table: T): number | Promise<number>;
  /** As `Reader.figure`, in clear. */
  figure(place: P, assertion: Assertion): string | null | Promise<string | null>;
  residue(place: P, table: T): Several<Residue>;
}

/** The `Reader` of a SQL database. */
export function sqlReader<P, T extends SearchedTable>(block: SystemBlock, io: IO, reading: SqlReading<P, T>): Reader {
  const lookingAt = <R>(target: Target, look: (place: P, table: T) => Several<R>) =>
    reading.looking(target.record.id, [target], async function* (place) {
      yield* look(place, await reading.table(place, target));
    });
  const once = async <R>(answers: AsyncIterable<R>): Promise<R> => {
    for await (const answer of answers) return answer;
    throw new Failure("UNEXPECTED", `${block.name}: nothing was said`);
  };
  const lookingAtAll = async <R>(
    targets: readonly Target[],
    look: (place: P, tables: readonly T[]) => R | Promise<R>,
  ) =>
    await once(
      reading.looking(block.name, targets, async function* (place): AsyncGenerator<R> {
        const tables: T[] = [];
        for (const target of targets) tables.push(await reading.table(place, target));
        yield await look(place, tables);
      }),
    );
  return {
    site: async () => ({ space: await lookingAtAll([], reading.space), root: "" }),
    check: (targets) =>
      reading.looking(block.name, targets, async function* (place) {
        yield* reading.check(place, targets);
      }),
    links: async (targets) => await lookingAtAll(targets, (place, tables) => reading.links(place, tables)),
    writes: async (targets) =>
      await lookingAtAll(targets, async (place, tables) => await reading.writes(place, tables)),
    locate: (target, selection) =>
      lookingAt(target, async function* (place, table) {
        switch (selection.by) {
          case "subjects":
            yield* locateRows(reading.look(place), table, selection.lookups, io);
            for await (const gap of reading.gaps(place, table, selection.lookups)) io.report(gap);
            break;
          case "keys":
            yield* locateKeys(reading.look(place), table, selection.keys, io);
            break;
          case "due":
            yield* locateDue(reading.look(place), table, selection, io);
            break;
        }
      }),
    references: (target, keys) => lookingAt(target, (place, table) => reading.references(place, table, keys)),
    size: async (target) =>
      await once(
        lookingAt(target, async function* (place, table) {
          yield await reading.size(place, table);
        }),
      ),
    imageBytes: async (target, keys) =>
      await once(
        lookingAt(target, async function* (place, table) {
          const look = reading.look(place);
          let bytes = 0;
          for (const some of chunks(keys, 1000)) {
            const addresses = (await Array.fromAsync(look.ofKeys(table, some))).map(({ address }) => address);
            for (const cells of (await look.whole(addresses)).values()) bytes += JSON.stringify(cells).length;
          }
          yield bytes;
        }),
      ),
    figure: async (assertion) =>
      figureDigest(assertion, await lookingAtAll([], async (place) => await reading.figure(place, assertion)), io),
    remaining: (target, operation, lookups) =>
      lookingAt(target, (place, table) => remainingRows(reading.look(place), table, operation, lookups, io)),
    sweep: () =>
      reading.looking(block.name, [], async function* () {
        await Promise.reject(new Failure("NOT_BUILT", `${block.name}: a whole database is not searched yet`));
        yield* [];
      }),
    residue: (target) => lookingAt(target, (place, table) => reading.residue(place, table)),
    [Symbol.asyncDispose]: async () => await reading[Symbol.asyncDispose](),
  };
}
