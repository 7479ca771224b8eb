import type { Json } from "../model/json.ts";
import { nextNumber, one, type Sql, stored, text, toStored } from "./sql.ts";

/** Steps of a plan that are given back together. */
export interface UndoneUnit {
  /** Of the plan's journal. */
  readonly unit: string;
  readonly plan: string;
  readonly system: string;
  readonly steps: readonly string[];
}

/** What somebody asked to be given back, and what came of it. */
export interface Undo {
  /** `P-0001-undo-1`: its units and receipts stand in the journal under this name. */
  readonly id: string;
  readonly request: string;
  readonly at: string;
  readonly by: string;
  readonly reason?: string;
  /** base64: opens the ledger's commitment of `reason`. */
  readonly reasonSalt?: string;
  /** What was asked for: one system, these record types; absent: all. */
  readonly system?: string;
  readonly records?: readonly string[];
  readonly skipConflicts: boolean;
  readonly units: readonly UndoneUnit[];
  /** Records that stay as they are because of a conflict: `PLAN/STEP/` and the keyed digest of the key. */
  readonly without: readonly string[];
  /** What stands in the way of these, by `PLAN/STEP`: the first conflict's name. */
  readonly because?: Readonly<Record<string, string>>;
  /** `bin restore`: of which record type and people (full hex). Without units it was only looking when it was cut short. */
  readonly bin?: { readonly record: string; readonly pseudonyms: readonly string[] };
  /** `bin restore`: records of these people that were marked when it began, and those of them whose window had ended. */
  readonly found?: number;
  readonly tooLate?: number;
  /** As it was told. Absent: it is not at its end. */
  readonly result?: Json;
  /** Records of its steps that are hidden still, named likewise. */
  readonly hidden?: readonly string[];
}

export interface UndoReads {
  /** Oldest first. */
  ofRequest(request: string): Promise<readonly Undo[]>;
  /** Of every `bin restore`, oldest first. */
  ofBin(): Promise<readonly Undo[]>;
}

export interface Undos extends UndoReads {
  nextId(plan: string): Promise<string>;
  /** `B-<year>-0001`: what a `bin restore` keeps while it works is sealed under this name. */
  nextBin(year: string): Promise<string>;
  save(undo: Undo): Promise<void>;
}

export function undoStore(sql: Sql): Undos {
  return {
    ofRequest: async (request) =>
      (await sql.all("select body from undo where request = ? order by seq", [request])).map((row) =>
        stored<Undo>(text(row, "body")),
      ),
    ofBin: async () =>
      (await sql.all("select body from undo where id like 'B-%' order by id")).map((row) =>
        stored<Undo>(text(row, "body")),
      ),
    nextBin: async (year) => `B-${year}-${String(await nextNumber(sql, `bin/${year}`)).padStart(4, "0")}`,
    nextId: async (plan) => `${plan}-undo-${await nextNumber(sql, `undo/${plan}`)}`,
    async save(undo) {
      const known = await one(sql, "select 1 as found from undo where id = ?", [undo.id]);
      if (known !== undefined) {
        await sql.run("update undo set body = ? where id = ?", [toStored(undo), undo.id]);
        return;
      }
      const seq = await nextNumber(sql, `undos/${undo.request}`);
      await sql.run("insert into undo (id, request, seq, body) values (?, ?, ?, ?)", [
        undo.id,
        undo.request,
        seq,
        toStored(undo),
      ]);
    },
  };
}
