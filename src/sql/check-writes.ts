import type { RecordType, SystemBlock } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";
import { finding, isIgnored, type Nameable } from "./findings.ts";
import type { RecordTable } from "./record-table.ts";

/** What a trigger, or a rule, is known to do when rows of a record type go or change. */
export interface TriggerWrite {
  /** Names it: `trigger keep of people`. */
  readonly what: string;
  readonly verb: "insert" | "update" | "delete";
  readonly to: Nameable;
  /** It reads the row that goes or changes. */
  readonly readsOld: boolean;
  /** Into the table of the record type itself, or of its family. */
  readonly own: boolean;
  /** Record types that find rows there. */
  readonly records: readonly RecordType[];
}

/** What to say of it; `trail`: the declared audit trail of this record type. */
export function judgeWrite(
  block: SystemBlock,
  table: RecordTable,
  { what, verb, to, readsOld, own, records }: TriggerWrite,
): Finding | "trail" {
  const { record: type, changes } = table.target;
  const { id } = type;
  const name = to.schema === "main" ? to.name : `${to.schema}.${to.name}`;
  const [record] = records;
  if (record === undefined) {
    // what is hidden comes back as it was, or nobody may say so
    if (isIgnored(block, to) && verb === "delete" && changes.rule?.kind === "mark" && type.restoreWindow !== undefined)
      return finding(
        table,
        "TRIGGER_UNDECLARED",
        "error",
        `${what} deletes rows of ${name} when a record is marked, and no undo would bring them back`,
        { help: `Give ${name} a record type with a rule of its own, or ${id} no \`restore_window\`.` },
      );
    return isIgnored(block, to)
      ? finding(table, "TRIGGER_PRESENT", "warning", `${what} writes to ${name}, which the data map ignores`)
      : finding(table, "TRIGGER_UNDECLARED", "error", `${what} writes to ${name}, which is not in the data map`);
  }
  if (records.some(({ auditOf }) => auditOf.includes(id))) return "trail";
  const trail = records.find(({ auditOf }) => auditOf.length > 0);
  if (trail !== undefined && verb === "insert")
    return finding(
      table,
      "TRIGGER_UNDECLARED",
      "error",
      `${what} adds rows to ${trail.id}, which is only the audit trail of ${trail.auditOf.join(", ")}`,
      {
        help: `Say so in the data map: audit_of: [${[...trail.auditOf, id].join(", ")}].`,
      },
    );
  // a copy of the old row, made by the erasure itself
  if (verb === "insert" && readsOld && !own)
    return finding(
      table,
      "TRIGGER_UNDECLARED",
      "error",
      `${what} copies rows into ${record.id}, which is a record without audit_of: ${id}`,
    );
  return finding(table, "TRIGGER_PRESENT", "warning", `${what} writes to ${record.id}`, {
    help: "Check what it does. Rows that no plan names may lose nothing by it: numbers and times in them may follow, anything else fails the record, unless map.ignore names the column (`system.table.column`).",
  });
}
