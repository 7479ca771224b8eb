import type { RunEvent } from "../executor/run.ts";
import type { RunStep } from "../executor/step-line.ts";
import { mechanismWords, reasonWords, stateWords, statusWords } from "../model/words.ts";
import { goneBy, overdueText } from "./dates.ts";
import { indent, safe, table, tint } from "./show.ts";

/** One line as a step ends. */
export function stepLine(step: RunStep, plain: boolean): string {
  const bad = step.status === "failed" || step.status === "blocked" || step.status === "not_checked";
  const waits = step.status === "waiting" || step.status === "kept";
  const words = step["reason"] === "undo" ? "done, can come back" : statusWords(step.status);
  const result = tint(words, bad ? "bad" : waits ? "warn" : "good", plain, process.stderr);
  return `  ${`${step.system}.${step.record}`.padEnd(34)}  ${result}${" ".repeat(Math.max(0, 13 - words.length))}  ${numbers(step)}`.trimEnd();
}

function numbers(step: RunStep): string {
  const parts = [
    ...acted(step),
    ...gone(step),
    some(step, "own", step["own"] === 1 ? "row of our own making redacted" : "rows of our own making redacted"),
    some(step, "kept", "kept"),
    some(step, "waiting", "waiting"),
    some(step, "blocked", "blocked"),
    some(step, "failed", "failed"),
  ].filter((part) => part !== "");
  const reason = why(step);
  return `${parts.join(", ")}${reason === "" ? "" : `${parts.length > 0 ? ": " : ""}${reason.replace(/^kept by law/u, "by law")}`}`;
}

/** Erased and changed apart. That all three numbers agree is said in few words; where they do not, each is said. */
function acted(step: RunStep): readonly string[] {
  const { matched, affected, gone } = step;
  if (matched + affected + gone === 0) return [];
  const done = [some(step, "deleted", "erased"), some(step, "changed", "changed")].filter((part) => part !== "");
  if (matched === affected && affected === gone && done.length > 0)
    return [`${done.join(", ")} (read again: as wanted)`];
  return [...done, `${matched} found again, ${affected} done, ${gone} as wanted when read again`];
}

/** A record that is there and as wanted is not gone. */
function gone(step: RunStep): readonly string[] {
  const [before, all] = [step["as_wanted"], step["already_gone"]];
  const asWanted = typeof before === "number" ? before : 0;
  const absent = (typeof all === "number" ? all : 0) - asWanted;
  return [
    ...(absent > 0 ? [`${absent} gone already`] : []),
    ...(asWanted > 0 ? [`${asWanted} as wanted already`] : []),
  ];
}

/** Why something of the step is left, in words. */
function why({ status, ...more }: RunStep): string {
  const [reason, says] = [more["reason"], more["says"]];
  if (typeof reason !== "string") return "";
  return safe(reasonWords(reason, { status, says: typeof says === "string" ? says : undefined }));
}

function some(step: RunStep, name: string, words: string): string {
  const value = step[name];
  return typeof value === "number" && value > 0 ? `${value} ${words}` : "";
}

type Result = Extract<RunEvent, { event: "result" }>;

/** `again`: it was carried out before, and now nothing was done. */
export function runScreen(
  result: Result,
  late: { readonly overdue: boolean; readonly days_left: number | null },
  { plain, again }: { readonly plain: boolean; readonly again: boolean },
): string {
  const unfinished = result.steps.filter((step) => step.status === "failed" || step.status === "blocked");
  const residue = result.residue.map((one) => [
    one["system"] ?? "",
    goneBy(one["gone_by"]),
    mechanismWords(one["mechanism"] ?? "unknown"),
  ]);
  const verdict = result.exit === 5 || result.exit === 4 ? tint("Partly done", "bad", plain) : "Done";
  const overdue = overdueText(late, plain);
  return [
    ...(again ? ["This plan was carried out before, with what stands above. Nothing was done now."] : []),
    `${verdict}: ${result.steps.length - unfinished.length} of ${result.steps.length} steps. The request is ${stateWords(result.state)}${overdue === "" ? "" : `, ${overdue}`}.`,
    ...(unfinished.length === 0
      ? []
      : [
          indent(
            table(unfinished.map((step) => [`${step.system}.${step.record}`, statusWords(step.status), why(step)])),
          ),
        ]),
    ...(residue.length === 0 ? [] : ["What an erasure does not reach yet:", indent(table(residue))]),
  ].join("\n");
}
