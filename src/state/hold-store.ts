import { createSecretKey, randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import type { LegalHold } from "../model/legal-hold.ts";
import type { Subject } from "../model/subject.ts";
import { sealBytes, unsealBytes } from "./seal.ts";
import { bytes, nextNumber, one, type Row, type Sql, stored, text, toStored } from "./sql.ts";

/** Legal holds. Their identifiers are sealed under a key of each hold, which is destroyed when it ends. */
export interface LegalHoldReads {
  /** By id. `hold` is undefined where it cannot be read. */
  list(): Promise<readonly { readonly id: string; readonly hold: LegalHold | undefined }[]>;
  /** Throws NO_SUCH_HOLD, HOLD_UNREADABLE. */
  get(id: string): Promise<LegalHold>;
  /** Whom it is about. Throws HOLD_UNREADABLE, where not all of them are there too. */
  subjects(hold: LegalHold): Promise<readonly Subject[]>;
}

export interface LegalHolds extends LegalHoldReads {
  /** Numbers it (`H-<year>-0001`), makes its key where it is about people, and seals who they are. */
  add(hold: Omit<LegalHold, "id" | "people">, subjects: readonly Subject[]): Promise<LegalHold>;
  update(id: string, changes: Partial<Omit<LegalHold, "id" | "people">>): Promise<LegalHold>;
  /** Destroys its key and what is sealed under it. */
  destroy(id: string): Promise<void>;
}

/** `destroyed` is called where something was destroyed: its traces are to be cut once that is saved. */
export function holdStore(sql: Sql, sealingKey: Uint8Array, destroyed: () => Promise<void>): LegalHolds {
  const get = async (id: string): Promise<LegalHold> => {
    const row = await one(sql, "select id, body from legal_hold where id = ?", [id]);
    // the id was typed by a person and may be anything: it is not repeated
    if (row === undefined) throw new Failure("NO_SUCH_HOLD", "this workspace has no legal hold with that id");
    return readHold(row) ?? unreadable(id);
  };
  return {
    get,
    list: async () =>
      (await sql.all("select id, body from legal_hold order by id")).map((row) => ({
        id: text(row, "id"),
        hold: readHold(row),
      })),
    async subjects({ id, people }) {
      if (people === 0) return [];
      const row = await one(sql, "select wrapped from legal_hold_key where hold = ?", [id]);
      const rows = await sql.all("select seq, bytes from legal_hold_sealed where hold = ? order by seq", [id]);
      if (row === undefined || rows.length !== people) return unreadable(id);
      try {
        const key = createSecretKey(unsealBytes(sealingKey, bytes(row, "wrapped"), `legal_hold_key/${id}`));
        return rows.map((sealed, at) =>
          stored<Subject>(unsealBytes(key, bytes(sealed, "bytes"), `legal_hold/${id}/${at}`).toString()),
        );
      } catch (error) {
        if (error instanceof Failure && error.code === "STATE_UNREADABLE") return unreadable(id);
        throw error;
      }
    },
    async add(hold, subjects) {
      const year = hold.added.at.slice(0, 4);
      const id = `H-${year}-${String(await nextNumber(sql, `hold/${year}`)).padStart(4, "0")}`;
      const whole: LegalHold = { ...hold, id, people: subjects.length };
      await sql.run("insert into legal_hold (id, body) values (?, ?)", [id, toStored(whole)]);
      if (subjects.length === 0) return whole;
      const key = randomBytes(32);
      await sql.run("insert into legal_hold_key (hold, wrapped) values (?, ?)", [
        id,
        sealBytes(sealingKey, key, `legal_hold_key/${id}`),
      ]);
      for (const [seq, subject] of subjects.entries())
        await sql.run("insert into legal_hold_sealed (hold, seq, bytes) values (?, ?, ?)", [
          id,
          seq,
          sealBytes(key, toStored(subject), `legal_hold/${id}/${seq}`),
        ]);
      return whole;
    },
    async update(id, changes) {
      const whole: LegalHold = { ...(await get(id)), ...changes };
      await sql.run("update legal_hold set body = ? where id = ?", [toStored(whole), id]);
      return whole;
    },
    async destroy(id) {
      await sql.run("delete from legal_hold_sealed where hold = ?", [id]);
      await sql.run("delete from legal_hold_key where hold = ?", [id]);
      await destroyed();
    },
  };
}

function unreadable(id: string): never {
  throw new Failure("HOLD_UNREADABLE", `the legal hold ${id} cannot be read`);
}

/** Undefined for what is no hold: nobody may take damage for a hold that covers nothing. */
function readHold(row: Row): LegalHold | undefined {
  try {
    const hold = stored<Partial<LegalHold>>(text(row, "body"));
    const { id, case: words, by, since, records, people, added, until, released } = hold;
    const whole =
      id === text(row, "id") &&
      typeof words?.words === "string" &&
      typeof by === "string" &&
      typeof since === "string" &&
      Array.isArray(records) &&
      typeof people === "number" &&
      (people > 0 || records.length > 0) &&
      typeof added?.at === "string" &&
      (until === undefined || typeof until === "string") &&
      (released === undefined || typeof released.keepsUntil === "string");
    return whole &&
      id !== undefined &&
      words !== undefined &&
      by !== undefined &&
      since !== undefined &&
      added !== undefined
      ? { ...hold, id, case: words, by, since, records, people, added }
      : undefined;
  } catch {
    return undefined;
  }
}
