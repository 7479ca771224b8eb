import type { DatabaseSync } from "node:sqlite";
import type { Json } from "../model/json.ts";
import type { Plan } from "../model/plan.ts";
import { nextNumber, transact } from "./database.ts";
import { stored, text, toStored } from "./rows.ts";

/** Who signed which digest, when. */
export interface Approval {
  readonly plan: string;
  readonly digest: string;
  readonly by: string;
  readonly role?: string;
  readonly at: string;
}

/** How a finished run answered; it answers the same when asked again. */
export interface RunResult {
  readonly exit: number;
  readonly state: string;
  readonly steps: readonly Json[];
  readonly residue: readonly Json[];
  readonly completedAt: string;
}

export interface PlanStore {
  /** `P-0001`: an id for the next plan. */
  nextId(): string;
  save(plan: Plan): void;
  get(id: string): Plan | undefined;
  /** All plans of a request, oldest first. */
  ofRequest(request: string): readonly Plan[];
  approve(approval: Approval): void;
  approval(plan: string): Approval | undefined;
  complete(plan: string, result: RunResult): void;
  result(plan: string): RunResult | undefined;
  /** The latest verification, as it was printed. */
  saveVerified(plan: string, verified: Json): void;
  verified(plan: string): Json | undefined;
}

export function planStore(db: DatabaseSync): PlanStore {
  const column = (id: string, name: "result" | "verified"): string | undefined => {
    const value = db.prepare(`select ${name} as value from plan where id = ?`).get(id)?.["value"];
    return typeof value === "string" ? value : undefined;
  };
  return {
    nextId: () => transact(db, () => `P-${String(nextNumber(db, "plan")).padStart(4, "0")}`),
    save(plan) {
      db.prepare("insert into plan (id, request, body, made_at) values (?, ?, ?, ?)").run(plan.id, plan.request, toStored(plan), plan.made_at);
    },
    get(id) {
      const row = db.prepare("select body from plan where id = ?").get(id);
      return row === undefined ? undefined : stored<Plan>(text(row, "body"));
    },
    ofRequest: (request) =>
      db
        .prepare("select body from plan where request = ? order by id")
        .all(request)
        .map((row) => stored<Plan>(text(row, "body"))),
    approve(approval) {
      db.prepare("insert or replace into approval (plan, body) values (?, ?)").run(approval.plan, toStored(approval));
    },
    approval(plan) {
      const row = db.prepare("select body from approval where plan = ?").get(plan);
      return row === undefined ? undefined : stored<Approval>(text(row, "body"));
    },
    complete(plan, result) {
      db.prepare("update plan set completed_at = ?, result = ? where id = ?").run(result.completedAt, toStored(result), plan);
    },
    result(plan) {
      const json = column(plan, "result");
      return json === undefined ? undefined : stored<RunResult>(json);
    },
    saveVerified(plan, verified) {
      db.prepare("update plan set verified = ? where id = ?").run(toStored(verified), plan);
    },
    verified(plan) {
      const json = column(plan, "verified");
      return json === undefined ? undefined : stored<Json>(json);
    },
  };
}
