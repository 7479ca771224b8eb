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

export function markerOf({ columns, checks }: Store): { readonly text: string; readonly reason: string } | undefined {
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
  const flag = named.find(
    ({ column, plain }) => FLAG.test(plain) && (column.shape === "boolean" || column.shape === "number"),
  )?.column;
  if (flag !== undefined)
    return {
      text: `{ flag: ${key(flag.name)}${flag.shape === "number" ? ", deleted_when: 1" : ""}${byText} }`,
      reason: `${flag.name} is named like a flag of deletion; name the column that says since when with \`since\``,
    };
  const status = named.find(({ column, plain }) => STATUS.test(plain) && column.shape === "text")?.column;
  if (status === undefined) return undefined;
  const values = status.values ?? valuesIn(status, checks);
  const deleted = values.filter((value) => VALUE.test(value));
  return deleted.length === 0
    ? undefined
    : {
        text: `{ status: ${key(status.name)}, deleted_when: [${deleted.map((value) => JSON.stringify(value)).join(", ")}]${byText} }`,
        reason: `${status.name} may be one of these; name the column that says since when with \`since\``,
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
