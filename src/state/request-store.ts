import { Failure } from "../errors.ts";
import type { ErasureRequest } from "../model/request.ts";
import { nextNumber, one, type Row, type Sql, stored, text, toStored } from "./sql.ts";

export interface RequestReads {
  /** Throws NO_SUCH_REQUEST. */
  get(id: string): Promise<ErasureRequest>;
  /** By id. */
  list(): Promise<readonly ErasureRequest[]>;
}

export interface Requests extends RequestReads {
  /** Numbers the request (`R-<year>-0001`, due work `D-<year>-0001`) and stores it in state `received`. */
  add(request: Omit<ErasureRequest, "id" | "state">): Promise<ErasureRequest>;
  /** Replaces what is given; returns the request as it is now. */
  update(id: string, changes: Partial<Omit<ErasureRequest, "id">>): Promise<ErasureRequest>;
}

export function requestStore(sql: Sql): Requests {
  const read = (row: Row): ErasureRequest => stored<ErasureRequest>(text(row, "body"));
  const get = async (id: string): Promise<ErasureRequest> => {
    const row = await one(sql, "select body from request where id = ?", [id]);
    // the id was typed by a person and may be anything: it is not repeated
    if (row === undefined) throw new Failure("NO_SUCH_REQUEST", "this workspace has no request with that id");
    return read(row);
  };
  return {
    get,
    list: async () => (await sql.all("select body from request order by id")).map(read),
    async add(request) {
      const year = request.createdAt.slice(0, 4);
      const [letter, counter] = request.kind === "due" ? ["D", "due"] : ["R", "request"];
      const id = `${letter}-${year}-${String(await nextNumber(sql, `${counter}/${year}`)).padStart(4, "0")}`;
      const whole: ErasureRequest = { ...request, id, state: "received" };
      await sql.run("insert into request (id, body, state) values (?, ?, ?)", [id, toStored(whole), whole.state]);
      return whole;
    },
    async update(id, changes) {
      const whole: ErasureRequest = { ...(await get(id)), ...changes };
      await sql.run("update request set body = ?, state = ? where id = ?", [toStored(whole), whole.state, id]);
      return whole;
    },
  };
}
