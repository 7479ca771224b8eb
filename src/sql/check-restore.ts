import type { Finding } from "../model/search.ts";
import { finding } from "./findings.ts";
import type { RecordTable } from "./record-table.ts";

/** A row without a key is named by where it lies, and lies elsewhere when it comes back. */
export function noKeyToPutBack(table: RecordTable, shown: string): Finding {
  return finding(
    table,
    "ACTION_REFUSED",
    "error",
    `rows of ${shown} have no key, so that \`restore_window\` could not be kept`,
    { help: "Give the table a primary key, or take `restore_window` out." },
  );
}

/** Whatever does something else than to insert a row keeps every row from coming back. */
export function noInsertToPutBack(table: RecordTable, what: string): Finding {
  return finding(
    table,
    "ACTION_REFUSED",
    "error",
    `${what}: no row could be put back, so that \`restore_window\` could not be kept`,
    { help: "Remove it, or take `restore_window` out." },
  );
}
