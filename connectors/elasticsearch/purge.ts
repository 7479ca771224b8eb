/**
 * Removes the bytes of deleted and replaced documents. A soft-deleted document stays in its segment until the shard's
 * retention leases have passed it, and merges leave segments with few deletions alone: both must be met.
 */
import type { Residue } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import { retry } from "../../src/port/retry.ts";
import type { Api } from "./api.ts";
import { refresh } from "./check.ts";
import { indicesOf, patternOf, type ConcreteIndex } from "./indices.ts";
import { shown } from "../../src/model/shown.ts";
import { at, itemsOf, membersOf, numberOf } from "../../src/documents/json-text.ts";
import { residueOf, segmentsGoneBy, shardsOf } from "./residue.ts";

/** Twice the time in which leases move, and some more. */
const LEASES = { tries: 150, first: 500, most: 500 };
const THRESHOLD = "index.merge.policy.expunge_deletes_allowed";

/** Waits up to 75 seconds for the leases. What is left afterwards, snapshots and followers among it. */
export async function purge(io: IO, api: Api, target: Target): Promise<Residue[]> {
  const { id: record, system } = target.record;
  const indices = await indicesOf(api, patternOf(target));
  const left = (await Array.fromAsync(residueOf(io, api, target))).filter(({ mechanism }) => mechanism !== "segments");
  const flushed: { index: ConcreteIndex; until: Map<string, number> }[] = [];
  const results: Expunged[] = [];
  for (const index of indices) {
    if (index.open && index.blocked === undefined && (await flush(api, index.name)))
      flushed.push({
        index,
        until: new Map((await shardsOf(api, index.name))?.map(({ name, maxSeqNo }) => [name, maxSeqNo])),
      });
    else results.push("refused");
  }
  await retry(async () => await leasesPassed(api, flushed), { ...LEASES, value: (passed) => !passed }, io);
  for (const { index } of flushed) results.push(await expunge(api, index));
  if (results.every((result) => result === "clean")) return left;
  io.report({
    code: "GAP",
    severity: "warning",
    record,
    message: `${shown(patternOf(target))}: deleted documents are still in segments.`,
    help: "Purge again in a minute; it takes the rights maintenance, manage and monitor, and an open index without a block.",
  });
  return [
    { system, record, mechanism: "segments", goneBy: results.includes("refused") ? null : segmentsGoneBy(io) },
    ...left,
  ];
}

async function flush(api: Api, index: string): Promise<boolean> {
  const answer = await api.send({
    method: "POST",
    path: `/${encodeURIComponent(index)}/_flush`,
    query: { force: "true", wait_if_ongoing: "true" },
    timeout: 300_000,
  });
  return answer.status === 200 && numberOf(at(answer.body, "_shards", "failed")) === 0;
}

/** Whether every lease has passed what was there when the purge began. */
async function leasesPassed(
  api: Api,
  flushed: readonly { index: ConcreteIndex; until: ReadonlyMap<string, number> }[],
): Promise<boolean> {
  for (const { index, until } of flushed) {
    if ((await deletedIn(api, index.name)) === 0) continue;
    const shards = await shardsOf(api, index.name);
    // not to be seen: the check at the end decides
    if (shards === undefined) continue;
    if (shards.some(({ name, leases }) => leases.some(({ retaining }) => retaining <= (until.get(name) ?? -1))))
      return false;
  }
  return true;
}

/** `left`: the leases had not passed, or others deleted meanwhile. `refused`: a right is missing, or a block stands in the way. */
type Expunged = "clean" | "left" | "refused";

async function expunge(api: Api, { name, setting }: ConcreteIndex): Promise<Expunged> {
  const index = encodeURIComponent(name);
  if ((await deletedIn(api, name)) === 0) return "clean";
  const before = setting(THRESHOLD) ?? null;
  const set = async (value: string | number | null) =>
    await api.send({
      method: "PUT",
      path: `/${index}/_settings`,
      body: JSON.stringify({ [THRESHOLD]: value }),
      always: true,
    });
  if ((await set(0)).status !== 200) return "refused";
  try {
    if (!(await flush(api, name))) return "refused";
    const query = { only_expunge_deletes: "true", flush: "true" };
    const merged = await api.send({ method: "POST", path: `/${index}/_forcemerge`, query, timeout: 3_600_000 });
    if (merged.status !== 200) return "refused";
    await refresh(api, name);
  } finally {
    await set(before);
  }
  const deleted = await deletedIn(api, name);
  return deleted === undefined ? "refused" : deleted === 0 ? "clean" : "left";
}

/** Deleted documents in the segments of every copy; undefined where the role may not see them. */
async function deletedIn(api: Api, index: string): Promise<number | undefined> {
  const answer = await api.send({ method: "GET", path: `/${encodeURIComponent(index)}/_segments` });
  if (answer.status !== 200) return undefined;
  let deleted = 0;
  for (const shard of membersOf(at(answer.body, "indices", index, "shards")))
    for (const copy of itemsOf(shard.value))
      for (const { value } of membersOf(at(copy, "segments"))) deleted += numberOf(at(value, "deleted_docs")) ?? 0;
  return deleted;
}
