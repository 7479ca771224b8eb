import type { Finding } from "../../src/model/search.ts";
import { judgeWrite } from "../../src/sql/check-writes.ts";
import { deletes, finding, updates } from "../../src/sql/findings.ts";
import { readSource } from "./function-source.ts";
import { waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";
import { firingTables, type Rule, type Trigger, type Verb, type Written } from "./triggers.ts";
import { recordsAt } from "./writes.ts";

interface Scope extends Place {
  readonly resolved: Resolved;
  /** `oid verb`: looked at already. */
  readonly seen: Set<string>;
  /** oid -> name of a table that a function writes to. */
  readonly names: Map<string, string>;
}

/** Triggers and rules that a change of this record type sets off: those that write where the data map does not look, and those that keep rows from going. */
export async function* checkTriggers(place: Place, resolved: Resolved): AsyncGenerator<Finding> {
  const scope: Scope = { ...place, resolved, seen: new Set(), names: new Map() };
  const verbs: Verb[] = [
    ...(deletes(resolved) ? (["delete"] as const) : []),
    ...(updates(resolved).length > 0 ? (["update"] as const) : []),
  ];
  for (const verb of verbs) {
    yield* checkSwallowing(scope, verb);
    yield* checkWriting(scope, resolved.table.oid, verb);
  }
  if (!deletes(resolved)) return;
  for (const { foreignKey, segment } of waysInto(place.catalog, place.block, resolved.table))
    if (foreignKey.onDelete === "cascade" && segment.records.length === 0)
      yield* checkWriting(scope, segment.table.oid, "delete");
}

async function* checkSwallowing({ session, catalog, triggers, resolved }: Scope, verb: Verb): AsyncGenerator<Finding> {
  const { table } = resolved;
  const word = verb.toUpperCase();
  const firing = firingTables(catalog, table);
  // rules of other tables of the family are not those that our statement names
  for (const rule of await triggers.rulesOf(session, [table.oid])) {
    if (rule.verb !== verb || !rule.instead) continue;
    yield rule.conditional
      ? finding(
          resolved,
          "TRIGGER_PRESENT",
          "warning",
          `rule ${rule.name} of ${table.shown} replaces a ${word} under a condition`,
        )
      : finding(
          resolved,
          "DELETE_SWALLOWED",
          "error",
          `rule ${rule.name} of ${table.shown} does something else instead of a ${word}`,
        );
  }
  for (const trigger of await triggers.triggersOf(session, firing)) {
    if (!trigger.before || !trigger.eachRow || !fires(trigger, verb, resolved)) continue;
    if (resolved.target.changes.rule?.kind === "mark")
      yield finding(
        resolved,
        "TRIGGER_CHANGES",
        "warning",
        `trigger ${trigger.name} of ${table.shown} may change more of a row than its marker`,
      );
    const swallowing = readSource(trigger.source).returns.map((value) => swallows(value, verb));
    if (!swallowing.some(Boolean)) continue;
    yield swallowing.every(Boolean) && !trigger.conditional
      ? finding(
          resolved,
          "DELETE_SWALLOWED",
          "error",
          `trigger ${trigger.name} of ${table.shown} returns NULL: no ${word} comes through`,
        )
      : finding(
          resolved,
          "TRIGGER_PRESENT",
          "warning",
          `trigger ${trigger.name} of ${table.shown} may return NULL and so stop a ${word}`,
        );
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
  const { session, catalog, triggers, resolved } = scope;
  const own = oid === resolved.table.oid;
  const table = catalog.table(oid);
  const firing = table === undefined ? [oid] : firingTables(catalog, table);
  const of = table?.shown ?? scope.names.get(oid) ?? oid;
  for (const trigger of await triggers.triggersOf(session, firing)) {
    if (own ? !fires(trigger, verb, resolved) : !trigger.verbs.includes(verb)) continue;
    const what = `trigger ${trigger.name} of ${of}`;
    if (trigger.language === "plpgsql") yield* checkFacts(scope, what, trigger.source);
    else
      yield finding(
        resolved,
        "TRIGGER_PRESENT",
        "warning",
        `${what} runs ${trigger.functionName}, written in ${trigger.language}: nobody here can say what it does`,
      );
  }
  for (const rule of await triggers.rulesOf(session, own ? [oid] : firing))
    if (rule.verb === verb) yield* checkFacts(scope, ruleName(rule, of), rule.definition);
}

function ruleName(rule: Rule, of: string): string {
  return `rule ${rule.name} of ${of}`;
}

async function* checkFacts(scope: Scope, what: string, source: string): AsyncGenerator<Finding> {
  const { resolved } = scope;
  const { facts, written } = await scope.triggers.writtenBy(scope.session, source);
  const judged = new Set<string>();
  let audit = false;
  for (const one of written) {
    const name = `${one.oid} ${one.write.verb}`;
    if (judged.has(name)) continue;
    judged.add(name);
    scope.names.set(one.oid, one.shown);
    const said = judge(scope, what, one);
    if (said === "trail") audit = true;
    else yield said;
    yield* checkWriting(scope, one.oid, one.write.verb);
  }
  if (facts.dynamic)
    yield finding(
      resolved,
      "TRIGGER_PRESENT",
      "warning",
      `${what} builds statements at run time: the tables it writes to cannot be told`,
      {
        help: "What it wrote is looked at before anything is final: a table that the data map does not know fails the step.",
      },
    );
  else if (written.length === 0 && !audit)
    yield finding(resolved, "TRIGGER_PRESENT", "warning", `${what} runs when rows go or change`);
}

/** `trail`: the declared audit trail of this record type. */
function judge(
  { block, catalog, resolved }: Scope,
  what: string,
  { oid, schema, name, shown, write, readsOld }: Written,
): Finding | "trail" {
  const at = recordsAt(catalog, oid);
  const family = [resolved.table, ...catalog.ancestors(resolved.table), ...catalog.descendants(resolved.table)];
  return judgeWrite(block, resolved, {
    what,
    verb: write.verb,
    to: { schema, name, shown },
    readsOld,
    own: family.some((one) => one.oid === oid),
    records: block.records.filter((record) => at.includes(record.id)),
  });
}
