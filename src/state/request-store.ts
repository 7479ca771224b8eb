import type { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Subject } from "../model/subject.ts";
import { nextNumber, transact } from "./database.ts";
import { stored, text, toStored } from "./rows.ts";
import type { SealedStore } from "./sealed-store.ts";

export interface RequestStore {
  /** Numbers the request (`R-<year>-0001`), stores it in state `received` and seals its subjects, in one transaction. */
  add(request: Omit<ErasureRequest, "id" | "state">, subjects: readonly Subject[]): ErasureRequest;
  /** Throws NO_SUCH_REQUEST. */
  get(id: string): ErasureRequest;
  /** By id. */
  list(): readonly ErasureRequest[];
  /** Replaces what is given; returns the request as it is now. */
  update(id: string, changes: Partial<Omit<ErasureRequest, "id">>): ErasureRequest;
}

export function requestStore(db: DatabaseSync, sealed: SealedStore): RequestStore {
  const read = (row: Record<string, unknown>): ErasureRequest => stored<ErasureRequest>(text(row, "body"));
  const get = (id: string): ErasureRequest => {
    const row = db.prepare("select body from request where id = ?").get(id);
    // the id was typed by a person and may be anything: it is not repeated
    if (row === undefined) throw new Failure("NO_SUCH_REQUEST", "this workspace has no request with that id");
    return read(row);
  };
  return {
    get,
    add(request, subjects) {
      return transact(db, () => {
        const year = request.createdAt.slice(0, 4);
        const id = `R-${year}-${String(nextNumber(db, `request/${year}`)).padStart(4, "0")}`;
        const whole: ErasureRequest = { ...request, id, state: "received" };
        db.prepare("insert into request (id, body, state) values (?, ?, ?)").run(id, toStored(whole), whole.state);
        sealed.begin(id, subjects);
        return whole;
      });
    },
    list: () => db.prepare("select body from request order by id").all().map(read),
    update(id, changes) {
      return transact(db, () => {
        const whole: ErasureRequest = { ...get(id), ...changes };
        db.prepare("update request set body = ?, state = ? where id = ?").run(toStored(whole), whole.state, id);
        return whole;
      });
    },
  };
}
