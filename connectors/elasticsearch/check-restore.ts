/** Whether documents of an index could be given back as they were, once they are deleted or changed. */
import { keepsWhole } from "../../src/model/pre-image.ts";
import { shown } from "../../src/model/shown.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import type { ConcreteIndex } from "./indices.ts";
import { notRewritable } from "./mapping.ts";

export function* restoreFindings(target: Target, index: ConcreteIndex): Generator<Finding> {
  if (!keepsWhole(target)) return;
  const why = notGivenBack(target, index);
  if (why !== undefined)
    yield {
      code: "ACTION_REFUSED",
      severity: "error",
      record: target.record.id,
      message: `Index ${shown(index.name)}: \`restore_window\` could not be kept, because ${why}.`,
      help: "Take `restore_window` out, or name the indices in which documents can be written as they were.",
    };
  const pipeline = index.setting("index.final_pipeline");
  if (target.changes.rule?.kind === "delete" && pipeline !== undefined && pipeline !== "_none")
    yield {
      code: "TRIGGER_PRESENT",
      severity: "warning",
      record: target.record.id,
      message: `Index ${shown(index.name)}: its final_pipeline ${shown(pipeline)} runs on what \`undo\` gives back too.`,
    };
}

function notGivenBack({ changes }: Target, index: ConcreteIndex): string | undefined {
  const lost = notRewritable(index);
  if (lost !== undefined) return lost;
  // the server takes new documents for the stream alone, and puts them into its newest index
  return index.dataStream !== undefined && changes.rule?.kind === "delete"
    ? "it belongs to a data stream, into whose indices no document can be put back"
    : undefined;
}
