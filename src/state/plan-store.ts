import type { Json } from "../model/json.ts";
import type { Plan } from "../model/plan.ts";
import type { RequestState } from "../model/status.ts";
import { nextNumber, one, type Sql, stored, text, toStored } from "./sql.ts";

/** Who signed which digest, when. */
export interface Approval {
  readonly plan: string;
  readonly digest: string;
  readonly by: string;
  readonly role?: string;
  /** `system.record` names that were not searched, accepted so. */
  readonly accepted?: readonly string[];
  readonly at: string;
  /** With which key it is signed, and what came of it: base64, where the data map has `people`. */
  readonly key?: string;
  readonly signature?: string;
}

/** How a finished run answered; it answers the same when asked again. */
export interface RunResult {
  readonly exit: number;
  readonly state: RequestState;
  readonly steps: readonly Json[];
  readonly residue: readonly Json[];
  readonly completedAt: string;
}

export interface PlanReads {
  get(id: string): Promise<Plan | undefined>;
  /** All plans of a request, oldest first. */
  ofRequest(request: string): Promise<readonly Plan[]>;
  approval(plan: string): Promise<Approval | undefined>;
  result(plan: string): Promise<RunResult | undefined>;
  /** Instant at which its first run began; undefined before, and for plans that an earlier version ran. */
  begunAt(plan: string): Promise<string | undefined>;
  /** The latest verification, as it was printed. */
  verified(plan: string): Promise<Json | undefined>;
}

export interface Plans extends PlanReads {
  /** `P-0001`: an id for the next plan. */
  nextId(): Promise<string>;
  save(plan: Plan): Promise<void>;
  approve(approval: Approval): Promise<void>;
  /** Once begun, later calls change nothing. → the instant */
  begin(plan: string, at: string): Promise<string>;
  complete(plan: string, result: RunResult): Promise<void>;
  saveVerified(plan: string, verified: Json): Promise<void>;
}

export function planStore(sql: Sql): Plans {
  const column = async (id: string, name: "result" | "verified"): Promise<string | undefined> => {
    const value = (await one(sql, `select ${name} as value from plan where id = ?`, [id]))?.["value"];
    return typeof value === "string" ? value : undefined;
  };
  const begunAt = async (plan: string): Promise<string | undefined> => {
    const row = await one(sql, "select at from begun where plan = ?", [plan]);
    return row === undefined ? undefined : text(row, "at");
  };
  return {
    begunAt,
    async begin(plan, at) {
      await sql.run("insert into begun (plan, at) values (?, ?) on conflict (plan) do nothing", [plan, at]);
      return (await begunAt(plan)) ?? at;
    },
    nextId: async () => `P-${String(await nextNumber(sql, "plan")).padStart(4, "0")}`,
    async save(plan) {
      await sql.run("insert into plan (id, request, body, made_at) values (?, ?, ?, ?)", [
        plan.id,
        plan.request,
        toStored(plan),
        plan.made_at,
      ]);
    },
    async get(id) {
      const row = await one(sql, "select body from plan where id = ?", [id]);
      return row === undefined ? undefined : stored<Plan>(text(row, "body"));
    },
    ofRequest: async (request) =>
      (await sql.all("select body from plan where request = ? order by id", [request])).map((row) =>
        stored<Plan>(text(row, "body")),
      ),
    async approve(approval) {
      await sql.run(
        "insert into approval (plan, body) values (?, ?) on conflict (plan) do update set body = excluded.body",
        [approval.plan, toStored(approval)],
      );
    },
    async approval(plan) {
      const row = await one(sql, "select body from approval where plan = ?", [plan]);
      return row === undefined ? undefined : stored<Approval>(text(row, "body"));
    },
    async complete(plan, result) {
      await sql.run("update plan set completed_at = ?, result = ? where id = ?", [
        result.completedAt,
        toStored(result),
        plan,
      ]);
    },
    async result(plan) {
      const json = await column(plan, "result");
      return json === undefined ? undefined : stored<RunResult>(json);
    },
    async saveVerified(plan, verified) {
      await sql.run("update plan set verified = ? where id = ?", [toStored(verified), plan]);
    },
    async verified(plan) {
      const json = await column(plan, "verified");
      return json === undefined ? undefined : stored<Json>(json);
    },
  };
}
