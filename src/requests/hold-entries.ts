/** What legal holds leave in the ledger: one function an event. Their words stay in the state; what binds them is here. */
import { commitWords } from "../ledger/commitment.ts";
import type { LegalHold, Salted } from "../model/legal-hold.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import { another, entry, moment, named, type Teller } from "./entry-parts.ts";

function holding(context: Teller, { id }: Pick<LegalHold, "id">, by: string, said: Salted) {
  return {
    hold: id,
    ...moment(context),
    by: context.actorIdOf(context.actor),
    ordered_by: context.actorIdOf(by),
    words: commitWords(Buffer.from(said.salt, "base64"), said.words),
  };
}

/** `pseudonyms`: of its people. */
export function holdAddedEntry(
  context: Teller,
  hold: LegalHold,
  { epoch, pseudonyms }: { readonly epoch: number; readonly pseudonyms: readonly string[] },
): OutboxEntry {
  const core = {
    ...holding(context, hold, hold.by, hold.case),
    people: hold.people,
    records: hold.records.map((id) => {
      const [system = "", ...record] = id.split(".");
      return named(context, { system, record: record.join(".") });
    }),
    ...(hold.until === undefined ? {} : { until: hold.until }),
  };
  const link = pseudonyms.length === 0 ? undefined : { v: 1, epoch, pseudonyms: [...pseudonyms] };
  return entry(`${hold.id}/added`, "hold.added", core, link);
}

export function holdExtendedEntry(
  context: Teller,
  hold: LegalHold,
  how: { readonly by: string; readonly reason: Salted; readonly until: string },
): OutboxEntry {
  return another(hold.id, "hold.extended", {
    ...holding(context, hold, how.by, how.reason),
    until: how.until,
  });
}

/** `keepsUntil`: where it keeps records for a while still. */
export function holdReleasedEntry(
  context: Teller,
  hold: LegalHold,
  how: { readonly by: string; readonly reason: Salted; readonly keepsUntil: string | undefined },
): OutboxEntry {
  return entry(`${hold.id}/released`, "hold.released", {
    ...holding(context, hold, how.by, how.reason),
    ...(how.keepsUntil === undefined ? {} : { keeps_until: how.keepsUntil }),
  });
}

export function holdKeyDestroyedEntry({ now }: Pick<Teller, "now">, { id }: Pick<LegalHold, "id">): OutboxEntry {
  return entry(`${id}/key.destroyed`, "key.destroyed", { hold: id, at: now().toISOString(), what: "hold_keys" });
}
