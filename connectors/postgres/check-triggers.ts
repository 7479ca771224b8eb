import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Finding } from "../../src/model/search.ts";
import { loadTables } from "./catalog.ts";
import { isIgnored } from "./check-references.ts";
import { deletes, finding, updates } from "./findings.ts";
import { readSource, type SourceFacts } from "./function-source.ts";
import type { Resolved } from "./resolved.ts";
import type { Session } from "./session.ts";
import { factsOf, type Rule, rulesOf, type Trigger, triggersOf, type Verb, type Written, writtenTables } from "./triggers.ts";

interface Scope {
  readonly session: Session;
  readonly block: SystemBlock;
  readonly resolved: Resolved;
  /** oid -> `system.record` */
  readonly records: ReadonlyMap<string, string>;
  /** `oid verb`: looked at already. */
  readonly seen: Set<string>;
}

/** Triggers and rules that a change of this record type sets off: those that write where the data map does not look, and those that keep rows from going. */
export async function* checkTriggers(
  session: Session,
  block: SystemBlock,
  resolved: Resolved,
  records: ReadonlyMap<string, string>,
  reached: readonly string[],
): AsyncGenerator<Finding> {
  const scope: Scope = { session, block, resolved, records, seen: new Set() };
  const verbs: Verb[] = [...(deletes(resolved) ? (["delete"] as const) : []), ...(updates(resolved).length > 0 ? (["update"] as const) : [])];
  for (const verb of verbs) {
    yield* checkSwallowing(scope, verb);
    yield* checkWriting(scope, resolved.table.root, verb);
  }
  for (const oid of reached) yield* checkWriting(scope, oid, "delete");
}

async function* checkSwallowing({ session, resolved }: Scope, verb: Verb): AsyncGenerator<Finding> {
  const shown = resolved.table.shown;
  const word = verb.toUpperCase();
  for (const rule of await rulesOf(session, resolved.table.root)) {
    if (rule.verb !== verb || !rule.instead) continue;
    yield rule.conditional
      ? finding(resolved, "TRIGGER_PRESENT", "warning", `rule ${rule.name} of ${shown} replaces a ${word} under a condition`)
      : finding(resolved, "DELETE_SWALLOWED", "error", `rule ${rule.name} of ${shown} does something else instead of a ${word}`);
  }
  for (const trigger of await triggersOf(session, resolved.table.root)) {
    if (!trigger.before || !trigger.eachRow || !fires(trigger, verb, resolved)) continue;
    const swallowing = readSource(trigger.source).returns.map((value) => swallows(value, verb));
    if (!swallowing.some(Boolean)) continue;
    yield swallowing.every(Boolean) && !trigger.conditional
      ? finding(resolved, "DELETE_SWALLOWED", "error", `trigger ${trigger.name} of ${shown} returns NULL: no ${word} comes through`)
      : finding(resolved, "TRIGGER_PRESENT", "warning", `trigger ${trigger.name} of ${shown} may return NULL and so stop a ${word}`);
  }
}

/** NEW is NULL in a DELETE trigger. */
function swallows(returned: string, verb: Verb): boolean {
  return returned === "null" || (verb === "delete" && returned === "new");
}

function fires({ verbs, columns }: Trigger, verb: Verb, resolved: Resolved): boolean {
  if (!verbs.includes(verb)) return false;
  if (verb !== "update" || columns.length === 0) return true;
  const changed = updates(resolved);
  return columns.some((column) => changed.includes(column));
}

async function* checkWriting(scope: Scope, oid: string, verb: Verb): AsyncGenerator<Finding> {
  if (scope.seen.has(`${oid} ${verb}`)) return;
  scope.seen.add(`${oid} ${verb}`);
  const { session, resolved } = scope;
  const own = oid === resolved.table.root;
  const table = own ? resolved.table : (await loadTables(session, [oid])).get(oid);
  const of = table?.shown ?? oid;
  for (const trigger of await triggersOf(session, oid)) {
    if (own ? !fires(trigger, verb, resolved) : !trigger.verbs.includes(verb)) continue;
    const what = `trigger ${trigger.name} of ${of}`;
    if (trigger.language !== "plpgsql") {
      yield finding(
        resolved,
        "TRIGGER_PRESENT",
        "warning",
        `${what} runs ${trigger.functionName}, written in ${trigger.language}: nobody here can say what it does`,
      );
      continue;
    }
    yield* checkFacts(scope, what, await factsOf(session, trigger.source));
  }
  if (own)
    for (const rule of await rulesOf(session, oid))
      if (rule.verb === verb) yield* checkFacts(scope, ruleName(rule, of), await factsOf(session, rule.definition));
}

function ruleName(rule: Rule, of: string): string {
  return `rule ${rule.name} of ${of}`;
}

async function* checkFacts(scope: Scope, what: string, facts: SourceFacts): AsyncGenerator<Finding> {
  const { resolved } = scope;
  const written = await writtenTables(scope.session, facts);
  const judged = new Set<string>();
  let audit = false;
  for (const one of written) {
    const name = `${one.oid} ${one.write.verb}`;
    if (judged.has(name)) continue;
    judged.add(name);
    const said = judge(scope, what, one);
    if (said === "trail") audit = true;
    else yield said;
    yield* checkWriting(scope, one.oid, one.write.verb);
  }
  if (facts.dynamic) yield finding(resolved, "TRIGGER_PRESENT", "warning", `${what} builds statements at run time: the tables it writes to cannot be told`);
  else if (written.length === 0 && !audit) yield finding(resolved, "TRIGGER_PRESENT", "warning", `${what} runs when rows go or change`);
}

/** `trail`: the declared audit trail of this record type. */
function judge({ block, resolved, records }: Scope, what: string, { oid, schema, name, shown, write, readsOld }: Written): Finding | "trail" {
  const table = `${schema}.${name}`;
  const record = block.records.find(({ id }) => id === records.get(oid));
  if (record === undefined) {
    return isIgnored(block, { schema, name, shown })
      ? finding(resolved, "TRIGGER_PRESENT", "warning", `${what} writes to ${table}, which the data map ignores`)
      : finding(resolved, "TRIGGER_UNDECLARED", "error", `${what} writes to ${table}, which is not in the data map`);
  }
  if (record.auditOf.includes(resolved.target.record.id)) return "trail";
  if (record.auditOf.length > 0)
    return finding(
      resolved,
      "TRIGGER_PRESENT",
      "warning",
      `${what} adds rows to ${record.id}, the audit trail of ${record.auditOf.join(", ")}: what it adds here is only found by the verification`,
    );
  // a copy of the old row, made by the erasure itself
  if (write.verb === "insert" && readsOld && oid !== resolved.table.root)
    return finding(
      resolved,
      "TRIGGER_UNDECLARED",
      "error",
      `${what} copies rows into ${record.id}, which is a record without audit_of: ${resolved.target.record.id}`,
    );
  return finding(resolved, "TRIGGER_PRESENT", "warning", `${what} writes to ${record.id}`);
}
