import type { Plan, PlanStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import { count, day, indent, safe, table, tint } from "./show.ts";

/** The plan as a person reads it before they sign: grouped by what happens, the sum and the next step last. */
export function planScreen(plan: Plan, request: ErasureRequest, plain: boolean): string {
  const { steps, totals } = plan;
  const removing = steps.filter((step) => acts(step) && step.status !== "not_checked" && isRemoval(step));
  const changing = steps.filter((step) => acts(step) && !isRemoval(step));
  const searched = new Set(steps.filter((step) => step.status !== "not_checked").map((step) => step.system));
  const all = new Set(steps.map((step) => step.system));
  const groups = [
    heading(request, plan, searched.size, all.size),
    group(
      tint(`ERASE ${totals.erase}`, "bold", plain),
      removing.map((step) => [name(step), String(step.act), note(step)]),
    ),
    group(
      tint(`CHANGE ${totals.change}`, "bold", plain),
      changing.map((step) => [name(step), String(step.act), verb(step)]),
    ),
    group(
      tint(`KEEP ${totals.keep}`, "bold", plain),
      steps.filter((step) => step.kept > 0).map((step) => [name(step), String(step.kept), keptNote(step)]),
    ),
    group(
      tint(`WAIT ${totals.wait}`, "warn", plain),
      steps.filter((step) => step.waiting > 0).map((step) => [name(step), String(step.waiting), waitNote(step)]),
    ),
    group(
      tint(`BLOCKED ${totals.blocked}`, "bad", plain),
      steps.filter((step) => step.blocked > 0).map((step) => [name(step), String(step.blocked), safe(step.reason ?? "")]),
    ),
    group(
      tint("ELSEWHERE", "bold", plain),
      plan.residue.map((one) => [one.system, one.mechanism, one.gone_by === null ? "no end is set there" : `gone by ${when(one.gone_by)} at the latest`]),
    ),
    group(
      "NOT SEARCHED",
      steps
        .filter((step) => step.status === "not_checked")
        .map((step) => [name(step), step.reason === "empty_pattern" ? "nothing there matches the pattern" : "no identifier of the request leads here"]),
    ),
    line("NOTHING FOUND (searched)", steps.filter((step) => step.status === "nothing_found").map(name)),
    group(
      "WARNINGS",
      plan.warnings.map((warning) => [warning.code, warning.record, safe(warning.message)]),
    ),
    `Plan ${plan.id}: ${totals.erase} erased, ${totals.change} changed, ${totals.keep} kept, ${totals.wait} waiting, ${totals.blocked} blocked. Warnings: ${plan.warnings.length}.\nDigest ${plan.digest.slice(0, 16)}…, no personal data, one use, valid until ${plan.expires_at.slice(0, 16).replace("T", " ")} UTC.`,
  ];
  return groups.filter((text) => text !== "").join("\n");
}

function heading(request: ErasureRequest, plan: Plan, searched: number, systems: number): string {
  const who = request.pseudonyms.length === 1 ? `subject s_${(request.pseudonyms[0] ?? "").slice(0, 8)}` : count(request.pseudonyms.length, "person", "people");
  return [
    `Erasure request ${request.id} · ${who} · received ${day(request.received)} · answer due ${day(request.due.legal)}`,
    `Read-only: nothing was changed. Searched ${searched} of ${systems} systems. Map ${plan.map.slice(0, 7)}.`,
  ].join("\n");
}

function acts(step: PlanStep): boolean {
  return step.act > 0;
}

function isRemoval(step: PlanStep): boolean {
  return step.action === "erase" || step.action === "remove-rows" || step.action === "keep";
}

function name(step: PlanStep): string {
  return `${step.system}.${step.record}`;
}

function verb(step: PlanStep): string {
  switch (step.action) {
    case "anonymise":
      return "anonymised";
    case "redact":
      return "redacted";
    case "unlink":
      return "unlinked";
    case "erase":
    case "remove-rows":
    case "soft-delete":
    case "keep":
    case "ask":
      return "changed";
  }
}

function note(step: PlanStep): string {
  return step.kept + step.waiting + step.blocked === 0 ? "" : `${step.found} found`;
}

function keptNote(step: PlanStep): string {
  const until = step.until === undefined ? "" : `until ${day(step.until)}${step.kept > 1 ? " at the latest" : ""}`;
  const law = (step.law ?? []).join(" · ");
  const how =
    step.reason === "held_with"
      ? "held with its record"
      : step.reason === "held_by"
        ? "a held record references it"
        : step.reason === "legal_hold"
          ? "legal hold"
          : "";
  const less = step.minimised === undefined ? "" : `${step.minimised} reduced to what the law needs`;
  return [until, law, how, less].filter((part) => part !== "").join("  ");
}

function waitNote(step: PlanStep): string {
  return step.reason === "no_date" ? "the date that starts its hold is missing" : safe(step.reason ?? "");
}

function group(title: string, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : `${title}\n${indent(table(rows))}`;
}

function line(title: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${title}  ${names.join(", ")}`;
}

/** A civil date as a day, an instant to the minute. */
export function when(text: string): string {
  return text.length === 10 ? day(text) : `${day(text.slice(0, 10))} ${text.slice(11, 16)} UTC`;
}
