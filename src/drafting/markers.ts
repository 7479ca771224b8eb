/** How an application may mark records as deleted: the column that says so, as far as its name and values tell. */
import type { Store, StoreColumn } from "../model/structure.ts";
import { plainName } from "./plain-name.ts";

const DELETED =
  "deleted|discarded|removed|trashed|destroyed|geloescht|gelöscht|supprime|eliminado|borrado|cancellato|eliminato|verwijderd|soft_?deleted|del";
const TIME = new RegExp(
  `^(?:${DELETED})_?(?:at|on|date|time|timestamp|am|le|el|il|op|utc|datum)$|^(?:date|time|datum|fecha|data)_?(?:${DELETED})$|^(?:deletion|removal|loesch)_?(?:date|time|datum|timestamp)$`,
  "u",
);
const FLAG = new RegExp(`^(?:is_?|ist_?|est_?)?(?:${DELETED})(?:_?(?:flag|kz|yn))?$`, "u");
const STATUS = /^(?:status|state|zustand|etat|estado|stato|record_status|lifecycle_?state)$/u;
const VALUE =
  /^(?:deleted|discarded|removed|trashed|trash|geloescht|gelöscht|supprimee?|eliminad[oa]|cancellat[oa]|verwijderd)$/iu;
const BY = new RegExp(`^(?:${DELETED})_?by(?:_?(?:id|user|user_id))?$`, "u");

export interface Marker {
  /** As YAML; absent: nobody can tell how it is written, so it is only said. */
  readonly text?: string;
  readonly reason: string;
}

export function markerOf({ columns, checks }: Store): Marker | undefined {
  const named = columns.map((column) => ({ column, plain: plainName(column.name) }));
  const by = named.find(({ column, plain }) => BY.test(plain) && column.shape === "text" && column.nullable)?.column
    .name;
  const byText = by === undefined ? "" : `, by: ${key(by)}`;
  const time = named.find(({ column, plain }) => column.shape === "date" && TIME.test(plain))?.column;
  if (time !== undefined) {
    const live = liveDay(time);
    if (!time.nullable && live === undefined) return undefined;
    return {
      text: `{ timestamp: ${key(time.name)}${live === undefined ? "" : `, live_when: "${live}"`}${byText} }`,
      reason: `${time.name} is named like the time of a deletion`,
    };
  }
  const told = named.find(
    ({ column, plain }) => TIME.test(plain) && (column.shape === "text" || column.shape === "number"),
  )?.column;
  // SQLite has no type of its own for a time: most of its schemas keep one as text
  if (told?.shape === "text" && told.nullable)
    return {
      text: `{ timestamp: ${key(told.name)}${byText} }`,
      reason: `${told.name} is named like the time of a deletion, and is text: NULL must mean that the row is live, and a text an instant`,
    };
  const flag = named.find(
    ({ column, plain }) => FLAG.test(plain) && (column.shape === "boolean" || column.shape === "number"),
  )?.column;
  if (flag !== undefined)
    return {
      text: `{ flag: ${key(flag.name)}${flag.shape === "number" ? ", deleted_when: 1" : ""}${byText} }`,
      reason: `${flag.name} is named like a flag of deletion; name the column that says since when with \`since\``,
    };
  const status = named.find(({ column, plain }) => STATUS.test(plain) && column.shape === "text")?.column;
  const values = status === undefined ? [] : (status.values ?? valuesIn(status, checks));
  const deleted = values.filter((value) => VALUE.test(value));
  if (status === undefined || deleted.length === 0) return onlySaid(told, named);
  return {
    text: `{ status: ${key(status.name)}, deleted_when: [${deleted.map((value) => JSON.stringify(value)).join(", ")}]${byText} }`,
    reason: `${status.name} may be one of these; name the column that says since when with \`since\``,
  };
}

/** A number that counts seconds, a text that says yes: it marks something, and its values are not known from here. */
function onlySaid(
  told: StoreColumn | undefined,
  named: readonly { readonly column: StoreColumn; readonly plain: string }[],
): Marker | undefined {
  if (told !== undefined)
    return {
      reason: `${told.name} is named like the time of a deletion, and is ${told.shape === "number" ? "a number" : "never NULL"}: no \`soft_delete\` can be proposed for it`,
    };
  const word = named.find(({ column, plain }) => FLAG.test(plain) && column.shape === "text")?.column;
  return word === undefined
    ? undefined
    : {
        reason: `${word.name} is named like a flag of deletion: \`soft_delete: { status: ${key(word.name)}, deleted_when: [...] }\` with its values`,
      };
}

/** A day that is always in the future, where the column is never NULL. */
function liveDay({ default: preset = "" }: StoreColumn): string | undefined {
  return /'((?:9999|3000|2999|1970|0001)-\d\d-\d\d[^']*)'/u.exec(preset)?.[1];
}

/** The literals of a CHECK that reads the column: `status IN ('open', 'deleted')`. */
function valuesIn({ name }: StoreColumn, checks: Store["checks"]): readonly string[] {
  return checks
    .filter(({ columns }) => columns.length === 1 && columns[0] === name)
    .flatMap(({ text }) =>
      [...text.matchAll(/'((?:[^']|'')*)'/gu)].map(([, value = ""]) => value.replaceAll("''", "'")),
    );
}

/** As a key or value of YAML. */
export function key(name: string): string {
  return /^[A-Za-z_][\w.-]*$/u.test(name) && !/^(?:y|n|yes|no|on|off|true|false|null|nan)$/iu.test(name)
    ? name
    : JSON.stringify(name);
}
