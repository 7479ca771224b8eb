import { createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import type { SealedRecord, SealedStep, StepHead, StepToSeal } from "../model/plan.ts";
import type { Lookup, PlannedGap, Target } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { sealBytes, unsealBytes } from "./seal.ts";
import { bytes, one, type Sql, stored, text, toStored } from "./sql.ts";

/** Records of a step in one sealed piece: bounds memory while writing and reading, and the size of a row. */
const PIECE = 2000;

/** Identifiers and located keys of open requests, encrypted under a key of each request. Destroyed when the request ends. */
export interface SealedReads {
  subjects(request: string): Promise<readonly Subject[]>;
  /** Whether the sealed part still exists. */
  exists(request: string): Promise<boolean>;
  /** Steps with all of their records. `parts`: only these. */
  steps(request: string, plan: string, parts?: readonly SealedPart[]): Promise<readonly SealedStep[]>;
  /** The same a piece of a step after the other: all records of a batch are too many to stand in memory. */
  pieces(request: string, plan: string, parts?: readonly SealedPart[]): AsyncIterable<SealedStep>;
  /** What the steps are about and where their records lie. `see` is shown every piece on the way. */
  parts(request: string, plan: string, see?: (piece: SealedStep) => void): Promise<readonly SealedPart[]>;
  /** Identifiers as the latest plan found them, one a subject; none before the first plan. */
  resolved(request: string): Promise<readonly Subject[]>;
  searched(request: string): Promise<readonly SearchedBy[]>;
  /** Where the latest plan saw what nothing can be done about. */
  gaps(request: string): Promise<readonly PlannedGap[]>;
  /** Records that a person left out of the latest plan, and of what is planned after it. */
  excluded(request: string): Promise<readonly ExcludedRecord[]>;
  /** Pointers of records that plans before the latest kept. */
  carried(request: string): Promise<readonly HeldRecord[]>;
  /** A key for keyed digests of this request, never stored: HKDF-like, from the request's own key. Throws WRONG_STATE once it is destroyed. */
  digestKey(request: string): Promise<Uint8Array>;
  /** Pointers of records that ended requests kept, those whose hold was to end before this civil date. */
  heldUntil(before: string): Promise<readonly HeldPointers[]>;
  /** Pointers of what due work left because something stood against it, and a person ended that due work. */
  leftBlocked(): Promise<readonly LeftPointers[]>;
}

/** Why a pointer of ended due work stands in the held store: a plan saw what stood against it, or only the attempt did. */
export const LEFT = { seen: "left_blocked", tried: "left_tried" } as const;

/** What an ended request kept of one record type, and what tells whether it is still the same record. */
export interface HeldPointers {
  readonly request: string;
  /** `system.record` */
  readonly record: string;
  /** As it was searched: fingerprints are over what this reads. Undefined: kept by a version that did not note it. */
  readonly target: Target | undefined;
  /** Key of the fingerprints. */
  readonly digestKey: Uint8Array;
  /** `fingerprint`: as the record was left; undefined where nobody knows, and nothing may be done to it. */
  readonly pointers: readonly { readonly key: string; readonly fingerprint: string | undefined }[];
}

export interface LeftPointers extends HeldPointers {
  /** Only an attempt can tell whether it is free now: on the day after this one it is tried again. */
  readonly triedUntil?: string;
}

/** Where a step's pieces lie. */
export interface SealedPart {
  readonly head: StepHead;
  /** Number of the first piece. */
  readonly first: number;
  readonly pieces: number;
}

export interface Sealed extends SealedReads {
  /** Makes the request's key. */
  begin(request: string, subjects: readonly Subject[]): Promise<void>;
  /** Takes the place of an earlier plan's sealed part. */
  savePlan(request: string, plan: string, sealed: SealedPlan): Promise<void>;
  /**
   * Moves pointers of kept records to the held store, then destroys the key and everything sealed under it. `targets`: by
   * record type, as its records were searched.
   */
  destroy(request: string, held: readonly HeldRecord[], targets?: ReadonlyMap<string, Target>): Promise<void>;
  /** Takes away whatever points at these records of a record type: they are erased. */
  forgetHeld(record: string, keys: ReadonlySet<string>): Promise<void>;
  /** Takes away what points at them as left by due work: newer pointers take their place. */
  forgetLeft(record: string, keys: ReadonlySet<string>): Promise<void>;
}

/** What is sealed beside a plan. */
export interface SealedPlan {
  readonly steps: readonly StepToSeal[];
  /** One a subject: given and found. Who was erased by these can be searched by them again. */
  readonly resolved: readonly Subject[];
  /** What every record type was searched by, those of other systems under `--system` too. */
  readonly searched: readonly SearchedBy[];
  readonly carried: readonly HeldRecord[];
  readonly gaps?: readonly PlannedGap[];
  readonly excluded?: readonly ExcludedRecord[];
  /** Earlier plans whose steps stay: what they marked as deleted is there still. */
  readonly keep?: readonly string[];
}

/** A record that a person left out of a plan. */
export interface ExcludedRecord {
  /** `system.record` */
  readonly record: string;
  readonly key: string;
  /** In the person's words. */
  readonly why: string;
}

export interface SearchedBy {
  /** `system.record` */
  readonly record: string;
  readonly lookups: readonly Lookup[];
}

/** Where a kept record lies, until when; no values. */
export interface HeldRecord {
  readonly system: string;
  readonly record: string;
  readonly key: string;
  readonly until: string;
  readonly reason: string;
  /** As it was found. */
  readonly fingerprint?: string;
  /** The run itself changed it, so that it has another fingerprint since: it was minimised, or anonymised for the sake of what is held. */
  readonly changed?: true;
}

/** What the held store keeps of a request beside its pointers. */
interface HeldHead {
  /** base64 */
  readonly key: string;
  /** base64 */
  readonly digestKey: string;
  readonly targets: readonly { readonly record: string; readonly target: Target }[];
}

/** `destroyed` is called where something was destroyed: its traces are to be cut once that is saved. */
export function sealedStore(sql: Sql, sealingKey: Uint8Array, destroyed: () => Promise<void>): Sealed {
  // as an object: from bytes the runtime makes one anew for every piece
  const keyOf = async (request: string): Promise<KeyObject> => {
    const row = await one(sql, "select wrapped from request_key where request = ?", [request]);
    if (row === undefined) throw new Failure("WRONG_STATE", `${request} has ended: its sealed part is destroyed`);
    return createSecretKey(unsealBytes(sealingKey, bytes(row, "wrapped"), `request_key/${request}`));
  };
  const put = async (request: string, key: KeyObject, name: string, values: Iterable<object>): Promise<void> => {
    let seq = 0;
    for (const value of values) {
      await sql.run(
        "insert into sealed (request, name, seq, bytes) values (?, ?, ?, ?) on conflict (request, name, seq) do update set bytes = excluded.bytes",
        [request, name, seq, sealBytes(key, toStored(value), `${request}/${name}/${seq}`)],
      );
      seq += 1;
    }
  };
  // one piece after the other: together they may be as large as all records of a batch
  async function* each<T>(request: string, name: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<T> {
    const key = await keyOf(request);
    for (let seq = from; seq < to; seq += 1) {
      const row = await one(sql, "select bytes from sealed where request = ? and name = ? and seq = ?", [
        request,
        name,
        seq,
      ]);
      if (row === undefined) return;
      yield stored<T>(unsealBytes(key, bytes(row, "bytes"), `${request}/${name}/${seq}`).toString());
    }
  }
  const get = async <T>(request: string, name: string): Promise<readonly T[]> =>
    await Array.fromAsync(each<T>(request, name));
  async function* pieces(request: string, plan: string, parts?: readonly SealedPart[]): AsyncGenerator<SealedStep> {
    const name = `steps/${plan}`;
    if (parts === undefined) yield* each<SealedStep>(request, name);
    for (const { head, first, pieces: count } of parts ?? []) {
      let seen = 0;
      for await (const piece of each<SealedStep>(request, name, first, first + count)) {
        if (piece.step === head.step) seen += 1;
        yield piece;
      }
      if (seen !== count)
        throw new Failure("STATE_UNREADABLE", `the sealed part of step ${head.step} of ${request} is not whole`);
    }
  }
  const heldHead = async (request: string): Promise<HeldHead | Uint8Array> => {
    const row = await one(sql, "select wrapped from held_key where request = ?", [request]);
    if (row === undefined) throw new Failure("STATE_UNREADABLE", `the key of what ${request} kept is missing`);
    const opened = unsealBytes(sealingKey, bytes(row, "wrapped"), `held_key/${request}`);
    return opened.length === 32 ? opened : stored<HeldHead>(Buffer.from(opened).toString());
  };
  const pointersIn = async (
    rows: Awaited<ReturnType<Sql["all"]>>,
  ): Promise<readonly (HeldPointers & { readonly until: string; readonly reason: string })[]> => {
    const all: Awaited<ReturnType<typeof pointersIn>>[number][] = [];
    const place = (row: (typeof rows)[number]): string =>
      ["request", "record", "reason", "until"].map((name) => text(row, name)).join("\n");
    for (const some of Map.groupBy(rows, place).values()) {
      const [first] = some;
      if (first === undefined) continue;
      const [request, record] = [text(first, "request"), text(first, "record")];
      const head = await heldHead(request);
      all.push({
        request,
        record,
        target: head instanceof Uint8Array ? undefined : head.targets.find((one) => one.record === record)?.target,
        digestKey: head instanceof Uint8Array ? new Uint8Array(32) : Buffer.from(head.digestKey, "base64"),
        pointers: some.map((row) => pointerIn(head, request, record, bytes(row, "bytes"))),
        until: text(first, "until"),
        reason: text(first, "reason"),
      });
    }
    return all;
  };
  const forget = async (rows: Awaited<ReturnType<Sql["all"]>>, record: string, keys: ReadonlySet<string>) => {
    for (const row of rows) {
      const request = text(row, "request");
      const sealed = bytes(row, "bytes");
      if (keys.has(pointerIn(await heldHead(request), request, record, sealed).key))
        await sql.run("delete from held where request = ? and record = ? and bytes = ?", [request, record, sealed]);
    }
    await sql.run("delete from held_key where request not in (select request from held)");
    if (rows.length > 0) await destroyed();
  };
  return {
    pieces,
    async parts(request, plan, see) {
      const parts: SealedPart[] = [];
      let seq = 0;
      for await (const piece of pieces(request, plan)) {
        see?.(piece);
        const last = parts.at(-1);
        const { records: _, ...head } = piece;
        if (last?.head.step === head.step) parts.splice(-1, 1, { ...last, pieces: last.pieces + 1 });
        else parts.push({ head, first: seq, pieces: 1 });
        seq += 1;
      }
      return parts;
    },
    async begin(request, subjects) {
      const key = randomBytes(32);
      await sql.run("insert into request_key (request, wrapped) values (?, ?)", [
        request,
        sealBytes(sealingKey, key, `request_key/${request}`),
      ]);
      await put(request, createSecretKey(key), "subjects", subjects);
    },
    subjects: async (request) => await get<Subject>(request, "subjects"),
    exists: async (request) =>
      (await one(sql, "select 1 as found from request_key where request = ?", [request])) !== undefined,
    resolved: async (request) => await get<Subject>(request, "resolved"),
    carried: async (request) => await get<HeldRecord>(request, "carried"),
    gaps: async (request) => await get<PlannedGap>(request, "gaps"),
    excluded: async (request) => await get<ExcludedRecord>(request, "excluded"),
    searched: async (request) => await get<SearchedBy>(request, "searched"),
    async savePlan(request, plan, { steps, resolved, searched, carried, gaps = [], excluded = [], keep = [] }) {
      const key = await keyOf(request);
      // an earlier plan of the request is superseded: its keys are of no more use, but for what it has marked as deleted
      const names = ["subjects", ...keep.map((one) => `steps/${one}`)];
      await sql.run(`delete from sealed where request = ? and name not in (${names.map(() => "?").join(", ")})`, [
        request,
        ...names,
      ]);
      await put(request, key, `steps/${plan}`, piecesOf(steps));
      await put(request, key, "resolved", resolved);
      await put(request, key, "searched", searched);
      await put(request, key, "carried", carried);
      await put(request, key, "gaps", gaps);
      await put(request, key, "excluded", excluded);
    },
    async steps(request, plan, parts) {
      const whole = new Map<string, { readonly head: SealedStep; readonly records: SealedRecord[] }>();
      const [subjectsOnce, dispositionOnce] = [
        sameOnce<SealedRecord["subjects"]>(),
        sameOnce<SealedRecord["disposition"]>(),
      ];
      for await (const piece of pieces(request, plan, parts)) {
        const step = whole.get(piece.step) ?? { head: { ...piece, records: [] }, records: [] };
        whole.set(piece.step, step);
        for (const record of piece.records)
          step.records.push({
            ...record,
            subjects: subjectsOnce(record.subjects),
            disposition: dispositionOnce(record.disposition),
          });
      }
      return [...whole.values()].map(({ head, records }) => ({ ...head, records }));
    },
    digestKey: async (request) => digestKeyIn(await keyOf(request)),
    heldUntil: async (before) =>
      await pointersIn(
        await sql.all(
          "select request, record, reason, until, bytes from held where until < ? and reason not in (?, ?) order by request, record",
          [before, LEFT.seen, LEFT.tried],
        ),
      ),
    leftBlocked: async () =>
      (
        await pointersIn(
          await sql.all(
            "select request, record, reason, until, bytes from held where reason in (?, ?) order by request, record",
            [LEFT.seen, LEFT.tried],
          ),
        )
      ).map(({ until, reason, ...one }) => (reason === LEFT.tried ? { ...one, triedUntil: until } : one)),
    forgetHeld: async (record, keys) =>
      await forget(await sql.all("select request, bytes from held where record = ?", [record]), record, keys),
    forgetLeft: async (record, keys) =>
      await forget(
        await sql.all("select request, bytes from held where record = ? and reason in (?, ?)", [
          record,
          LEFT.seen,
          LEFT.tried,
        ]),
        record,
        keys,
      ),
    async destroy(request, held, targets = new Map()) {
      if (held.length > 0) {
        const key = randomBytes(32);
        const named = new Set(held.map((one) => one.record));
        const head: HeldHead = {
          key: key.toString("base64"),
          digestKey: digestKeyIn(await keyOf(request)).toString("base64"),
          targets: [...targets].flatMap(([record, target]) => (named.has(record) ? [{ record, target }] : [])),
        };
        await sql.run(
          "insert into held_key (request, wrapped) values (?, ?) on conflict (request) do update set wrapped = excluded.wrapped",
          [request, sealBytes(sealingKey, toStored(head), `held_key/${request}`)],
        );
        for (const { system, record, until, reason, key: pointer, fingerprint } of held)
          await sql.run("insert into held (request, system, record, until, reason, bytes) values (?, ?, ?, ?, ?, ?)", [
            request,
            system,
            record,
            until,
            reason,
            sealBytes(
              key,
              toStored({ key: pointer, ...(fingerprint === undefined ? {} : { fingerprint }) }),
              `held/${request}/${record}`,
            ),
          ]);
      }
      await sql.run("delete from sealed where request = ?", [request]);
      await sql.run("delete from request_key where request = ?", [request]);
      await destroyed();
    },
  };
}

function digestKeyIn(key: KeyObject): Buffer {
  return createHmac("sha256", key).update("expunge/digest/v1").digest();
}

/** Versions before 0.2 kept the record's key alone. */
function pointerIn(
  head: HeldHead | Uint8Array,
  request: string,
  record: string,
  sealed: Uint8Array,
): HeldPointers["pointers"][number] {
  const key = head instanceof Uint8Array ? head : Buffer.from(head.key, "base64");
  const opened = Buffer.from(unsealBytes(key, sealed, `held/${request}/${record}`)).toString();
  if (head instanceof Uint8Array) return { key: opened, fingerprint: undefined };
  const { key: pointer, fingerprint } = stored<{ readonly key: string; readonly fingerprint?: string }>(opened);
  return { key: pointer, fingerprint };
}

/** Equal values as one: hundreds of thousands of records have a handful of dispositions. */
function sameOnce<T>(): (value: T) => T {
  const known = new Map<string, T>();
  return (value) => {
    const text = JSON.stringify(value);
    const one = known.get(text) ?? value;
    known.set(text, one);
    return one;
  };
}

/** A step without records is a piece too. */
function* piecesOf(steps: readonly StepToSeal[]): Generator<SealedStep> {
  for (const { records, ...whole } of steps) {
    const { elsewhere: _, ...rest } = whole;
    let head: StepHead = whole;
    let some: SealedRecord[] = [];
    for (const record of records) {
      if (some.length === PIECE) {
        yield { ...head, records: some };
        // once is enough of what may be as long as the records
        head = { ...rest, lookups: [] };
        some = [];
      }
      some.push(record);
    }
    yield { ...head, records: some };
  }
}
