/** Brings a state of an earlier version to this one, in the transaction in which it is first opened. */
import type { JsonObject } from "../model/json.ts";
import type { Plan } from "../model/plan.ts";
import { ENDED_STATES } from "../model/status.ts";
import type { Receipt } from "./journal.ts";
import { keptSoFar } from "./kept-so-far.ts";
import { type Dialect, SINCE_2, table } from "./schema.ts";
import { set } from "./settings.ts";
import { integer, one, type Sql, stored, text, toStored } from "./sql.ts";
import type { Tx } from "./state.ts";

/** Version 1 (expunge 0.1.0): locks by process number, one receipt a step, closing in three transactions. */
export async function migrateFrom1(sql: Sql, dialect: Dialect, tx: Tx): Promise<void> {
  await sql.run("drop table lock");
  await sql.run(table("lease", dialect));
  await sql.run(table("setting", dialect));
  await migrateReceipts(sql, dialect, tx);
  const row = await one(sql, "select count(*) as entries from outbox where sealed = 1");
  const size = integer(row ?? {}, "entries");
  if (size > 0) await set(sql, "ledger", { size });
  for (const request of await tx.requests.list()) {
    // killed between the two: the result was there, the state was not
    const result = request.plan === undefined ? undefined : await tx.plans.result(request.plan);
    if (request.state === "running" && result !== undefined)
      await tx.requests.update(request.id, { state: result.state });
    // killed before the third: ended, and its keys still there
    if (!ENDED_STATES.includes(request.state) || !(await tx.sealed.exists(request.id))) continue;
    const held = request.state === "closed" ? await keptSoFar(tx, request.id, () => false) : [];
    const core: JsonObject = { request: request.id, at: new Date().toISOString(), what: "sealed_keys" };
    await tx.outbox.post([{ id: `${request.id}/key.destroyed`, type: "key.destroyed", core }]);
    await tx.sealed.destroy(request.id, held);
  }
}

/** Version 2: no legal holds, and nothing was marked as deleted or given back. */
export async function migrateFrom2(sql: Sql, dialect: Dialect): Promise<void> {
  for (const name of SINCE_2) await sql.run(table(name, dialect));
}

/** What version 1 knew of an attempt; it kept none but the last. */
interface Receipt1 extends Pick<
  Receipt,
  "plan" | "step" | "system" | "record" | "status" | "matched" | "affected" | "gone" | "started" | "finished"
> {
  readonly alreadyGone: number;
  readonly own: number;
  readonly blocked: number;
  readonly failed: number;
  readonly reason?: string;
}

async function migrateReceipts(sql: Sql, dialect: Dialect, tx: Tx): Promise<void> {
  const rows = await sql.all("select body from receipt");
  await sql.run("drop table receipt");
  await sql.run(table("receipt", dialect));
  for (const row of rows) {
    const before = stored<Receipt1>(text(row, "body"));
    const whole = receiptOf(before, await tx.plans.get(before.plan));
    await sql.run("insert into receipt (plan, step, attempt, body) values (?, ?, 1, ?)", [
      whole.plan,
      whole.step,
      toStored(whole),
    ]);
  }
}

function receiptOf({ plan, step, system, record, reason, ...known }: Receipt1, whole: Plan | undefined): Receipt {
  const planned = whole?.steps.find((one) => one.id === step);
  const deletes = planned?.action === "erase" || planned?.action === "remove-rows";
  return {
    plan,
    step,
    system,
    record,
    attempt: 1,
    status: known.status,
    matched: known.matched,
    affected: known.affected,
    gone: known.gone,
    deleted: deletes ? known.affected : 0,
    changed: deletes ? 0 : known.affected,
    minimised: planned?.minimised ?? 0,
    alreadyGone: known.alreadyGone,
    own: known.own,
    kept: planned?.kept ?? 0,
    waiting: planned?.waiting ?? 0,
    blocked: (planned?.blocked ?? 0) + known.blocked,
    failed: known.failed,
    ...(reason === undefined ? {} : { reason }),
    gaps: [],
    started: known.started,
    finished: known.finished,
  };
}
