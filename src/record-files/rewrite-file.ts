/** Writes a record file anew, whatever is to become of its records. */
import { isPuttingBack, putBackRecords } from "./put-back.ts";
import type { RecordChange } from "./record-format.ts";
import type { RecordRule } from "./record-rule.ts";
import { rewriteRecords } from "./rewrite-records.ts";
import type { Rewrite } from "./rewrite-result.ts";

/** As `rewriteRecords`, and puts back in their place records that were removed or changed: the source is asked for several times. */
export function rewriteFile(
  source: () => AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  pseudonym: (value: string) => string,
): Rewrite {
  return isPuttingBack(changes)
    ? putBackRecords(source, rule, changes)
    : rewriteRecords(source(), rule, changes, pseudonym);
}
