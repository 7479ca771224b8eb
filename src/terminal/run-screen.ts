import type { RunEvent } from "../executor/run.ts";
import type { RunStep } from "../executor/step-line.ts";
import { table, tint } from "./show.ts";
import { when } from "./plan-screen.ts";

/** One line as a step ends. */
export function stepLine(step: RunStep, plain: boolean): string {
  const bad = step.status === "failed" || step.status === "blocked";
  const result = tint(step.status.replaceAll("_", " "), bad ? "bad" : "good", plain);
  return `  ${`${step.system}.${step.record}`.padEnd(34)}  ${result}  ${numbers(step)}`;
}

function numbers(step: RunStep): string {
  const parts = [
    step.matched + step.affected + step.gone > 0 ? `${step.matched} found again, ${step.affected} done, ${step.gone} gone when read again` : "",
    some(step, "already_gone", "gone already"),
    some(step, "own", "rows of our own making redacted"),
    some(step, "kept", "kept"),
    some(step, "waiting", "waiting"),
    some(step, "blocked", "blocked"),
    some(step, "failed", "failed"),
    typeof step["reason"] === "string" && (step.status === "failed" || step.status === "blocked") ? `(${step["reason"]})` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function some(step: RunStep, name: string, words: string): string {
  const value = step[name];
  return typeof value === "number" && value > 0 ? `${value} ${words}` : "";
}

export function runScreen(result: Extract<RunEvent, { event: "result" }>): string {
  const done = result.steps.filter((step) => step.status !== "failed" && step.status !== "blocked").length;
  const residue = result.residue.map((one) => [
    one["system"] ?? "",
    one["mechanism"] ?? "",
    one["gone_by"] === null || one["gone_by"] === undefined ? "no end is set there" : `gone by ${when(one["gone_by"])} at the latest`,
  ]);
  return [
    `${result.exit === 5 ? "Partly done" : "Done"}: ${done} of ${result.steps.length} steps. The request is ${result.state.replaceAll("_", " ")}.`,
    ...(residue.length === 0
      ? []
      : [
          "What an erasure does not reach yet:",
          ...table(residue)
            .split("\n")
            .map((line) => `  ${line}`),
        ]),
  ].join("\n");
}
