/** Everything that must be known of the indices before a search in them can be believed. */
import type { FailureCode } from "../../src/errors.ts";
import type { FieldRule, FieldRules } from "../../src/model/field-rule.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { keepsWhole } from "../../src/model/pre-image.ts";
import { changedMarker } from "../../src/model/rule-change.ts";
import { unexpected, wholeAnswer, type Api } from "./api.ts";
import { markFindings } from "./check-marker.ts";
import { markerColumns } from "../../src/model/marker.ts";
import { restoreFindings } from "./check-restore.ts";
import { copyFindings } from "./copies.ts";
import { rulesIn } from "./document.ts";
import { emptyParts, indicesOf, patternOf, type ConcreteIndex } from "./indices.ts";
import { at, membersOf, numberOf } from "../../src/documents/json-text.ts";
import {
  NUMBER_TYPES,
  fieldOf,
  isCopied,
  isRuntime,
  matchField,
  notInSource,
  notRewritable,
  type MappedField,
} from "./mapping.ts";
import { fieldName, parsePath, type Path } from "../../src/documents/path.ts";
import { indexRights, patternRights } from "./rights.ts";
import { shown } from "../../src/model/shown.ts";

export async function* checkTarget(api: Api, target: Target): AsyncGenerator<Finding> {
  const { id: record } = target.record;
  const pattern = patternOf(target);
  const hidden = await Array.fromAsync(patternRights(api, target, pattern));
  yield* hidden;
  if (hidden.length > 0) return;
  const indices = await indicesOf(api, pattern);
  for (const part of await emptyParts(api, pattern))
    yield { code: "PATTERN_EMPTY", severity: "empty", record, message: `No index matches ${shown(part)}.` };
  if (indices.length === 0) return;
  for (const index of indices) {
    if (!index.open)
      yield {
        code: "BLOCKED",
        severity: "warning",
        record,
        message: `Index ${shown(index.name)} is closed: it was not searched.`,
        help: "Open the index, then make a new plan.",
      };
    else if (index.unreadable)
      yield {
        code: "BLOCKED",
        severity: "warning",
        record,
        message: `Index ${shown(index.name)} has a block on reading: it was not searched.`,
        help: "Remove the block, then make a new plan.",
      };
    else if (index.blocked !== undefined)
      yield {
        code: "BLOCKED",
        severity: "warning",
        record,
        message: `Index ${shown(index.name)} takes no changes (${index.blocked}).`,
      };
  }
  const readable = indices.filter((index) => index.open && !index.unreadable);
  const lacking = await Array.fromAsync(
    indexRights(api, target, readable, changesFields(target) || keepsWhole(target)),
  );
  yield* lacking;
  if (lacking.length > 0) return;
  for (const index of readable) await refresh(api, index.name);
  const filled = await filledOf(api, readable);
  yield* matchFindings(target, filled);
  yield* pathFindings(target, filled);
  yield* markFindings(target, filled);
  if (changesFields(target)) for (const index of readable) yield* rewriteFindings(target, index);
  for (const index of readable) yield* restoreFindings(target, index);
  yield* taskFindings(api, record);
  yield* copyFindings(api, record, pattern, indices);
}

/** Indices that hold documents: one without any may lack a field. */
export async function filledOf(api: Api, indices: readonly ConcreteIndex[]): Promise<ConcreteIndex[]> {
  const filled: ConcreteIndex[] = [];
  for (const index of indices) if ((await countOf(api, index.name)) > 0) filled.push(index);
  return filled;
}

export async function countOf(api: Api, index: string): Promise<number> {
  const answer = await api.ask(
    { method: "POST", path: `/${encodeURIComponent(index)}/_count` },
    { index, right: "read" },
  );
  wholeAnswer(api, answer, index);
  const count = numberOf(at(answer.body, "count"));
  if (count === undefined) throw unexpected(api, `index ${shown(index)} was counted without a count`);
  return count;
}

/**
 * Searches see what was indexed before; needs the right `maintenance`. Throws SHARDS_FAILED where a shard is nowhere: the
 * count says so at once, where a refresh would wait a minute for it.
 */
export async function refresh(api: Api, index: string): Promise<void> {
  await countOf(api, index);
  await api.ask(
    { method: "POST", path: `/${encodeURIComponent(index)}/_refresh`, timeout: 300_000 },
    { index, right: "maintenance" },
  );
}

/** Warns of what copies documents right now; the server's tasks may not be visible to this role. */
export async function* taskFindings(api: Api, record: string): AsyncGenerator<Finding> {
  const answer = await api.send({
    method: "GET",
    path: "/_tasks",
    query: { actions: "*reindex,*byquery", detailed: "false" },
  });
  const tasks = membersOf(at(answer.body, "nodes")).flatMap(({ value }) => membersOf(at(value, "tasks")));
  if (tasks.length > 0)
    yield {
      code: "GAP",
      severity: "warning",
      record,
      message: `${tasks.length} reindex or by-query tasks run on this cluster: what they copy may come back.`,
      help: "Wait for them, then verify again.",
    };
}

/** Fields beside `do: erase` may be needed too: they serve records that must stay. */
function changesFields({ changes }: Target): boolean {
  return Object.values(changes).some((change) => change !== undefined && change.kind !== "delete");
}

function* matchFindings(target: Target, indices: readonly ConcreteIndex[]): Generator<Finding> {
  for (const index of indices) {
    for (const column of target.columns) {
      const field = matchField(index, column);
      if ("code" in field) yield { ...field, severity: "error", record: target.record.id };
    }
  }
}

/** A path that no index knows is a slip of the pen; one that some index may hold unmapped is not. */
function* pathFindings(target: Target, indices: readonly ConcreteIndex[]): Generator<Finding> {
  if (indices.length === 0) return;
  const { id: record } = target.record;
  // of what is matched more is said elsewhere
  const matched = new Set(target.columns.map(({ column }) => column));
  const marks = [target.record.marker, changedMarker(target.changes.rule)].flatMap((marker) =>
    marker === undefined ? [] : markerColumns(marker),
  );
  const read = new Set(
    [...target.exports, ...Object.keys(target.where ?? {}), ...marks].filter((name) => !matched.has(name)),
  );
  for (const name of new Set([...Object.keys(allRules(target)), ...read])) {
    if (name === "_id") continue;
    const path = parsePath(name);
    for (const index of read.has(name) ? indices : []) {
      const why = unreadable(index, path);
      if (why !== undefined)
        yield {
          code: "NOT_SEARCHABLE",
          severity: "error",
          record,
          column: name,
          message: `Index ${shown(index.name)}, field ${name}: ${why}.`,
        };
    }
    // a field that nothing was marked in yet
    if (marks.includes(name)) continue;
    const known = indices.some((index) => {
      const field = fieldOf(index, path);
      // said above, where it is read
      if (read.has(name) && isRuntime(index, fieldName(path))) return true;
      return field.kind === "field" || field.open !== false || isInside(index, path.names);
    });
    if (!known)
      yield {
        code: "COLUMN_MISSING",
        severity: "error",
        record,
        column: name,
        message: `Index ${indices.map((index) => shown(index.name)).join(", ")}, field ${name}: there is no such field.`,
      };
  }
}

/** Why documents of this index do not hold the values of a field that is read in them. */
function unreadable(index: ConcreteIndex, path: Path): string | undefined {
  const field = fieldOf(index, path);
  if (field.kind === "field" && isCopied(index, field.name))
    return "it is filled by copy_to, and documents do not hold its values";
  const hidden = notInSource(index, fieldName(field.kind === "field" ? field.source : path));
  if (hidden !== undefined) return `its values cannot be read: ${hidden}`;
  return isRuntime(index, fieldName(path)) ? "it is a runtime field, which documents do not hold" : undefined;
}

/** An object has a mapping of its own, though `fieldOf` may know it only by what lies in it. */
function isInside(index: ConcreteIndex, names: readonly string[]): boolean {
  const prefix = `${names.join(".")}.`;
  return membersOf(at(index.mapping, "properties")).some(({ key }) => key.startsWith(prefix));
}

function* rewriteFindings(target: Target, index: ConcreteIndex): Generator<Finding> {
  const { id: record } = target.record;
  const finding = (code: FailureCode, severity: "error" | "warning", column: string, what: string): Finding => ({
    code,
    severity,
    record,
    ...(column === "" ? {} : { column }),
    message:
      column === "" ? `Index ${shown(index.name)}: ${what}.` : `Index ${shown(index.name)}, field ${column}: ${what}.`,
  });
  const lost = notRewritable(index);
  if (lost !== undefined)
    yield finding("FIELD_REFUSED", "error", "", `its documents cannot be written again, because ${lost}`);
  const pipeline = index.setting("index.final_pipeline");
  if (pipeline !== undefined && pipeline !== "_none")
    yield finding(
      "TRIGGER_PRESENT",
      "warning",
      "",
      `its final_pipeline ${shown(pipeline)} runs on every document that is written`,
    );
  for (const [name, rule] of Object.entries(allRules(target))) {
    if (name === "_id" && rule.kind !== "keep")
      yield finding("FIELD_REFUSED", "error", name, "a document's id cannot be changed");
    const field = fieldOf(index, parsePath(name));
    const misfit = field.kind === "field" ? misfitOf(field, rule) : undefined;
    if (misfit !== undefined) yield finding("CONSTRAINT", "error", name, misfit);
  }
}

/** Why the server would refuse a document with the rule's new value. */
function misfitOf({ type }: MappedField, rule: FieldRule): string | undefined {
  const value =
    rule.kind === "set" ? rule.value : rule.kind === "template" || rule.kind === "pseudonymise" ? "text" : undefined;
  if (value === undefined) return undefined;
  const refused =
    (NUMBER_TYPES.has(type) && (typeof value === "boolean" || !Number.isFinite(Number(value)) || value === "")) ||
    (type.startsWith("date") &&
      (typeof value === "boolean" || (typeof value === "string" && Number.isNaN(Date.parse(value))))) ||
    (type === "boolean" && value !== true && value !== false && value !== "true" && value !== "false") ||
    (type === "ip" && !/^[\d.]+$|:/u.test(String(value))) ||
    ((type === "object" || type === "nested") && (rule.kind === "set" || rule.kind === "template"));
  return refused ? `it is ${type} and takes no such value` : undefined;
}

/** Every path that one of the target's changes has a rule for. */
function allRules({ changes }: Target): FieldRules {
  const rules = [changes.heldBy, changes.rule].flatMap((change) =>
    change?.kind === "fields" ? Object.entries(rulesIn(change)) : [],
  );
  return Object.fromEntries(rules);
}
