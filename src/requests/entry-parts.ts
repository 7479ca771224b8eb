/** What entries of the ledger are made of: ids, names and codes that no closed form refuses. */
import { randomUUID } from "node:crypto";
import { checkEvent, type EventCore, type EventType } from "../ledger/events.ts";
import { tellable } from "../ledger/identifier-lint.ts";
import { isCivilDate } from "../model/civil-date.ts";
import type { JsonObject } from "../model/json.ts";
import { civilDateOf } from "../retention/civil-date.ts";
import type { OutboxEntry } from "../state/outbox.ts";
import type { Context } from "./context.ts";

/** What the makers of entries need of the world. */
export type Teller = Pick<Context, "map" | "now" | "actor" | "actorIdOf" | "version">;

/** Words that a person typed: the ledger has what binds them, see `commitWords`. */
export interface Reasoned {
  readonly words: string;
  /** Hex. */
  readonly commitment: string;
}

/** An event that happens once: the same id for ever, so that the ledger takes it once. */
export function entry<K extends EventType>(id: string, type: K, core: EventCore<K>, link?: JsonObject): OutboxEntry {
  const object: JsonObject = JSON.parse(JSON.stringify(core));
  // before the effect that it tells of: an entry the ledger would refuse later must not stop it half-way
  checkEvent(type, object, link);
  return { id, type, core: object, ...(link === undefined ? {} : { link }) };
}

/** An event that may happen any number of times. */
export function another<K extends EventType>(about: string, type: K, core: EventCore<K>): OutboxEntry {
  return entry(`${about}/${type}/${randomUUID()}`, type, core);
}

const CODE = /[^A-Za-z0-9_.:-]/gu;

/** Constraint names and reasons of other systems, as codes. */
export function code(text: string): string {
  return tellable(tellable(text).replace(CODE, "_"), 64).replace(CODE, "_");
}

/** A record type by the names of the data map; one that had to be masked is told from others by a keyed digest. */
export function named<T extends { readonly system: string; readonly record: string }>(
  { actorIdOf }: Pick<Teller, "actorIdOf">,
  { system, record }: T,
): {
  readonly system: string;
  readonly record: string;
} {
  const safe = (name: string): string => {
    const told = tellable(name, 190);
    return told === name ? name : `${told}~${actorIdOf(`name ${name}`).slice(2, 8)}`;
  };
  return { system: safe(system), record: safe(record) };
}

/** A date or an instant in UTC, whatever a system wrote; undefined for what is neither. */
export function when(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || isCivilDate(text)) return text ?? undefined;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Now, and the civil date at the controller. */
export function moment({ now, map }: Teller): { readonly at: string; readonly day: string } {
  return momentIn(now(), map.controller.calendar.timezone);
}

/** An instant, and the civil date then in this zone. */
export function momentIn(at: Date, timezone: string): { readonly at: string; readonly day: string } {
  return { at: at.toISOString(), day: civilDateOf(at, timezone) };
}
