import { createHmac, randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";
import type { SealedStep } from "../model/plan.ts";
import type { Lookup } from "../model/search.ts";
import type { Subject } from "../model/subject.ts";
import { transact } from "./database.ts";
import { bytes, stored, toStored } from "./rows.ts";
import { sealBytes, unsealBytes } from "./seal.ts";

/** Records of a step in one sealed chunk: bounds memory while writing, and the size of a row. */
const CHUNK = 2000;

/** Identifiers and located keys of open requests, encrypted under a key of each request. Destroyed when the request ends. */
export interface SealedStore {
  /** Makes the request's key. */
  begin(request: string, subjects: readonly Subject[]): void;
  subjects(request: string): readonly Subject[];
  /** Whether the sealed part still exists. */
  exists(request: string): boolean;
  /** Takes the place of an earlier plan's sealed part. */
  savePlan(request: string, plan: string, sealed: SealedPlan): void;
  steps(request: string, plan: string): readonly SealedStep[];
  /** Identifiers as the latest plan found them, one a subject; none before the first plan. */
  resolved(request: string): readonly Subject[];
  searched(request: string): readonly SearchedBy[];
  /** Pointers of records that plans before the latest kept. */
  carried(request: string): readonly HeldRecord[];
  /** A key for keyed digests of this request, never stored: HKDF-like, from the request's own key. */
  digestKey(request: string): Uint8Array;
  /** Moves pointers of kept records to the held store, then destroys the key and everything sealed under it. */
  destroy(request: string, held: readonly HeldRecord[]): void;
}

/** What is sealed beside a plan. */
export interface SealedPlan {
  readonly steps: readonly SealedStep[];
  /** One a subject: given and found. Who was erased by these can be searched by them again. */
  readonly resolved: readonly Subject[];
  /** What every record type was searched by, those of other systems under `--system` too. */
  readonly searched: readonly SearchedBy[];
  readonly carried: readonly HeldRecord[];
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
}

export function sealedStore(db: DatabaseSync, sealingKey: Uint8Array): SealedStore {
  const keyOf = (request: string): Buffer => {
    const row = db.prepare("select wrapped from request_key where request = ?").get(request);
    if (row === undefined) throw new Failure("WRONG_STATE", `${request} has ended: its sealed part is destroyed`);
    return unsealBytes(sealingKey, bytes(row, "wrapped"), `request_key/${request}`);
  };
  const put = (request: string, key: Uint8Array, name: string, values: readonly object[]): void => {
    const insert = db.prepare("insert or replace into sealed (request, name, seq, bytes) values (?, ?, ?, ?)");
    values.forEach((value, seq) => insert.run(request, name, seq, sealBytes(key, Buffer.from(toStored(value)), `${request}/${name}/${seq}`)));
  };
  const get = <T>(request: string, name: string): readonly T[] => {
    const key = keyOf(request);
    const rows = db.prepare("select seq, bytes from sealed where request = ? and name = ? order by seq").all(request, name);
    return rows.map((row) => stored<T>(unsealBytes(key, bytes(row, "bytes"), `${request}/${name}/${String(row["seq"])}`).toString()));
  };
  return {
    begin(request, subjects) {
      const key = randomBytes(32);
      db.prepare("insert into request_key (request, wrapped) values (?, ?)").run(request, sealBytes(sealingKey, key, `request_key/${request}`));
      put(request, key, "subjects", subjects);
    },
    subjects: (request) => get<Subject>(request, "subjects"),
    exists: (request) => db.prepare("select 1 from request_key where request = ?").get(request) !== undefined,
    resolved: (request) => get<Subject>(request, "resolved"),
    carried: (request) => get<HeldRecord>(request, "carried"),
    searched: (request) => get<SearchedBy>(request, "searched"),
    savePlan(request, plan, { steps, resolved, searched, carried }) {
      const key = keyOf(request);
      const chunks = steps.flatMap((step) => {
        const { records, ...head } = step;
        const parts: SealedStep[] = [{ ...head, records: records.slice(0, CHUNK) }];
        for (let at = CHUNK; at < records.length; at += CHUNK) parts.push({ ...head, lookups: [], records: records.slice(at, at + CHUNK) });
        return parts;
      });
      transact(db, () => {
        // an earlier plan of the request is superseded: its keys are of no more use
        db.prepare("delete from sealed where request = ? and name <> 'subjects'").run(request);
        put(request, key, `steps/${plan}`, chunks);
        put(request, key, "resolved", resolved);
        put(request, key, "searched", searched);
        put(request, key, "carried", carried);
      });
    },
    steps(request, plan) {
      const whole = new Map<string, SealedStep>();
      for (const part of get<SealedStep>(request, `steps/${plan}`)) {
        const known = whole.get(part.step);
        whole.set(part.step, known === undefined ? part : { ...known, records: [...known.records, ...part.records] });
      }
      return [...whole.values()];
    },
    digestKey: (request) => createHmac("sha256", keyOf(request)).update("expunge/digest/v1").digest(),
    destroy(request, held) {
      transact(db, () => {
        if (held.length > 0) {
          const key = randomBytes(32);
          db.prepare("insert or replace into held_key (request, wrapped) values (?, ?)").run(request, sealBytes(sealingKey, key, `held_key/${request}`));
          const insert = db.prepare("insert into held (request, system, record, until, reason, bytes) values (?, ?, ?, ?, ?, ?)");
          for (const { system, record, until, reason, key: pointer } of held)
            insert.run(request, system, record, until, reason, sealBytes(key, Buffer.from(pointer), `held/${request}/${record}`));
        }
        db.prepare("delete from sealed where request = ?").run(request);
        db.prepare("delete from request_key where request = ?").run(request);
      });
      // the write-ahead log still has the old pages until it is cut
      db.exec("pragma wal_checkpoint(truncate)");
    },
  };
}
