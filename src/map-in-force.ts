/** Which data map is in force: the ledger is told of each change, so that one that was handed in for a moment can be seen. */
import { randomUUID } from "node:crypto";
import { checkEvent, type EventCore } from "./ledger/events.ts";
import type { OutboxEntry } from "./state/outbox.ts";
import type { Tx } from "./state/state.ts";

export interface MapInForce {
  /** Of the map's text. */
  readonly digest: string;
  /** Instant. */
  readonly at: string;
  /** Who acts under it, opaque. */
  readonly by: string;
}

/** Tells the ledger of the map where the last one that it was told of is another. */
export async function tellMap({ outbox }: Pick<Tx, "outbox">, map: MapInForce): Promise<void> {
  if ((await outbox.mapTold()) === map.digest) return;
  await outbox.post([policyEntry(map)]);
  await outbox.noteMap(map.digest);
}

function policyEntry({ digest, at, by }: MapInForce): OutboxEntry {
  const core: EventCore<"policy.changed"> = { at, map_digest: digest, by };
  checkEvent("policy.changed", core);
  return { id: `policy/${digest}/${randomUUID()}`, type: "policy.changed", core };
}
