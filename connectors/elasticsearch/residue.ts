import type { Residue } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import { isMissingApi, type Api } from "./api.ts";
import { indicesOf, patternOf } from "./indices.ts";
import { at, itemsOf, membersOf, numberOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";

/** Retention leases move every 30 s; a deletion can be expunged after one that began after it. */
const LEASE_SECONDS = 60;

/** What an erasure leaves: old segments until `purge`, and copies that no write to an index reaches. */
export async function* residueOf(io: IO, api: Api, target: Target): AsyncGenerator<Residue> {
  const { id: record, system } = target.record;
  const indices = await indicesOf(api, patternOf(target));
  if (indices.length === 0) return;
  yield { system, record, mechanism: "segments", goneBy: segmentsGoneBy(io) };
  if (await inSnapshots(io, api, record, new Set(indices.map(({ name }) => name))))
    yield { system, record, mechanism: "snapshots", goneBy: null };
  for (const index of indices.filter(({ open }) => open)) {
    const shards = await shardsOf(api, index.name);
    if (shards?.some(({ leases }) => leases.some(({ source }) => source === "ccr")) !== true) continue;
    yield { system, record, mechanism: "followers", goneBy: null };
    return;
  }
}

export function segmentsGoneBy(io: IO): string {
  return new Date(io.now().getTime() + LEASE_SECONDS * 1000).toISOString();
}

/** A snapshot keeps what was in its indices. Where they cannot be listed, that is said. */
async function inSnapshots(io: IO, api: Api, record: string, names: ReadonlySet<string>): Promise<boolean> {
  const cannot = () =>
    io.report({
      code: "GAP",
      severity: "warning",
      record,
      message: `The snapshots of ${api.system} cannot be listed: whether they hold copies is not known.`,
    });
  const repositories = await api.send({ method: "GET", path: "/_snapshot" });
  if (isMissingApi(repositories)) return false;
  if (repositories.status !== 200) {
    cannot();
    return false;
  }
  for (const { key } of membersOf(repositories.body)) {
    const answer = await api.send({
      method: "GET",
      path: `/_snapshot/${encodeURIComponent(key)}/_all`,
      query: { verbose: "false", ignore_unavailable: "true" },
    });
    if (answer.status !== 200) cannot();
    const held = itemsOf(at(answer.body, "snapshots")).some((snapshot) =>
      itemsOf(at(snapshot, "indices")).some((index) => names.has(textOf(index) ?? "")),
    );
    if (held) return true;
  }
  return false;
}

interface Shard {
  /** `0`, `1`, … with the copy's place among its copies. */
  readonly name: string;
  readonly maxSeqNo: number;
  readonly leases: readonly { readonly retaining: number; readonly source: string }[];
}

/** All copies of all shards; undefined where the role may not see them (`monitor`). */
export async function shardsOf(api: Api, index: string): Promise<Shard[] | undefined> {
  const answer = await api.send({
    method: "GET",
    path: `/${encodeURIComponent(index)}/_stats`,
    query: { level: "shards" },
  });
  if (answer.status !== 200) return undefined;
  return membersOf(at(answer.body, "indices", index, "shards")).flatMap(({ key, value }) =>
    itemsOf(value).map((copy, place) => ({
      name: `${key}/${place}`,
      maxSeqNo: numberOf(at(copy, "seq_no", "max_seq_no")) ?? -1,
      leases: itemsOf(at(copy, "retention_leases", "leases")).map(leaseOf),
    })),
  );
}

function leaseOf(lease: JsonNode): Shard["leases"][number] {
  return { retaining: numberOf(at(lease, "retaining_seq_no")) ?? 0, source: textOf(at(lease, "source")) ?? "" };
}
