/** Looks whether everything is there that a plan needs. Changes nothing. */
import { Failure } from "./errors.ts";
import type { DataMap, Issue } from "./model/datamap.ts";
import type { Finding } from "./model/search.ts";
import { masked } from "./model/shown.ts";
import type { MapFile } from "./map-file.ts";
import { placed, type PlacedFinding, sorted } from "./planner/placed.ts";
import type { Registry } from "./port/registry.ts";
import { targetOf } from "./planner/targets.ts";
import { toldFinding } from "./planner/told.ts";
import { civilDateOf } from "./retention/civil-date.ts";
import { isOpenToOthers, KEYS } from "./state/key-files.ts";
import { key, openMapToday, openReading, type Places, type Reading, secret } from "./workspace.ts";
import { fileOf } from "./workspace-place.ts";

export interface DoctorCheck {
  readonly name: string;
  readonly result: "ok" | "warn" | "fail";
  readonly detail: string;
}

/** What was looked at, and everything that was found in the systems: each once, errors first. */
export interface Examined {
  readonly checks: readonly DoctorCheck[];
  readonly findings: readonly PlacedFinding[];
}

export interface Doctor {
  readonly places: Places;
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** What is looked at now. */
  label(text: string): void;
}

export async function examine(doctor: Doctor): Promise<Examined> {
  let findings: readonly PlacedFinding[] = [];
  const checks = await Array.fromAsync(checksOf(doctor, (found) => (findings = sorted([...findings, ...found]))));
  return { checks, findings };
}

async function* checksOf(
  { places, registry, signal, label }: Doctor,
  found: (findings: readonly PlacedFinding[]) => void,
): AsyncGenerator<DoctorCheck> {
  yield { name: "node", result: "ok", detail: process.versions.node };
  yield* workspaceChecks(places);
  const opened = await orFail("data map", () => openMapToday(places, registry));
  if ("result" in opened) {
    yield opened;
    return;
  }
  const { file, now } = opened;
  yield mapCheck(file);
  found([...file.issues, ...file.notBuilt].map((issue) => ofMap(issue)));
  const { map } = file;
  if (map === undefined) return;
  yield calendarCheck(map, now());
  yield* secretChecks(map);
  if (fileOf(places, "state")?.exists === false) {
    yield { name: "systems", result: "warn", detail: "not looked at: that needs a workspace" };
    return;
  }
  const workspace = await orFail("workspace", () => openReading(places, { registry, signal }));
  if ("result" in workspace) {
    yield workspace;
    return;
  }
  await using open = workspace;
  yield await ledgerCheck(open);
  yield* holdChecks(open);
  for (const system of map.systems) {
    if (system.records.length === 0) continue;
    // said of the secret already
    const { secret: named } = system.connect;
    if (named !== undefined && failure(() => secret(named)) !== undefined) {
      yield { name: `system ${system.name}`, result: "fail", detail: `not looked at, for want of its secret ${named}` };
      continue;
    }
    label(`looking at ${system.name}`);
    yield await systemCheck(open, map, system.name, (findings) =>
      found(findings.map((finding) => placed(map, finding))),
    );
  }
}

function* workspaceChecks(places: Places): Generator<DoctorCheck> {
  const dir = places.workspace;
  const file = fileOf(places, "state");
  if (file?.exists === false) {
    yield { name: "workspace", result: "fail", detail: `there is none in ${dir}: expunge init` };
    return;
  }
  const open = file !== undefined && isOpenToOthers(dir);
  yield {
    name: "workspace",
    result: open ? "warn" : "ok",
    detail: open ? `${dir} can be entered by others: chmod 700` : dir,
  };
  for (const name of KEYS) {
    const failed = failure(() => key(places, name));
    yield {
      name: `key ${name}`,
      result: failed === undefined ? "ok" : "fail",
      detail: failed ?? "there, for you only",
    };
  }
}

/** What every command but those that only look refuses to work beside. */
async function ledgerCheck(workspace: Reading): Promise<DoctorCheck> {
  const size = await orFail("ledger", async () => {
    await using ledger = await workspace.openLedger();
    // throws for a leaf or a content that is missing or changed
    await ledger.exportAll();
    return { entries: await ledger.size(), expired: await ledger.expired() };
  });
  const detail = (entries: number): string =>
    `${count(entries, "entry", "entries")}, each as it was signed; it holds what this workspace knows of it`;
  if ("result" in size) return size;
  if (size.expired === 0) return { name: "ledger", result: "ok", detail: detail(size.entries) };
  const gone = `${size.expired} of them without content: what they told nobody can know any more`;
  return { name: "ledger", result: "warn", detail: `${detail(size.entries)}; ${gone}` };
}

/** One that cannot be read stops every plan and run; what it names in the data map is looked at there. */
async function* holdChecks({ state }: Reading): AsyncGenerator<DoctorCheck> {
  const { legalHolds } = state.read;
  const all = await legalHolds.list();
  if (all.length === 0) return;
  const unreadable: string[] = [];
  for (const { id, hold } of all) {
    if (hold?.ended !== undefined) continue;
    const read = hold === undefined ? undefined : await orFail(id, async () => await legalHolds.subjects(hold));
    if (read === undefined || "result" in read) unreadable.push(id);
  }
  const name = "legal holds";
  if (unreadable.length > 0)
    yield { name, result: "fail", detail: `${unreadable.join(", ")} cannot be read: nothing is planned or run` };
  else yield { name, result: "ok", detail: `${count(all.length, "legal hold")}, each can be read` };
}

function mapCheck({ issues, notBuilt, map, file }: MapFile): DoctorCheck {
  const errors = issues.filter(({ severity }) => severity === "error").length;
  const name = "data map";
  if (issues.length + notBuilt.length === 0) return { name, result: "ok", detail: file };
  const numbers = [
    count(errors, "error"),
    count(issues.length - errors, "warning"),
    ...(notBuilt.length === 0 ? [] : [`${count(notBuilt.length, "key")} not built yet: \`plan\` refuses it`]),
  ];
  // what no plan is made with is no warning here
  const result = map === undefined || notBuilt.length > 0 ? "fail" : "warn";
  return { name, result, detail: `${file}: ${numbers.join(", ")}, see the findings` };
}

/** An issue of the data map's own: no system has said it. */
function ofMap({ code, severity, message, help, file, line }: Issue): PlacedFinding {
  return { system: "", record: "", code, severity, message, help, file, line };
}

function calendarCheck({ controller }: DataMap, now: Date): DoctorCheck {
  const { timezone, holidays, regime } = controller.calendar;
  const today = civilDateOf(now, timezone);
  const ahead = holidays.filter((date) => date >= today);
  const detail = `${today} in ${timezone}, regime ${regime}, ${ahead.length} holidays ahead`;
  return {
    name: "calendar",
    result: ahead.length === 0 && regime !== "ccpa" ? "warn" : "ok",
    detail: ahead.length === 0 ? `${detail}: deadlines know weekends only` : detail,
  };
}

function* secretChecks(map: DataMap): Generator<DoctorCheck> {
  for (const name of new Set(map.systems.flatMap(({ connect }) => connect.secret ?? []))) {
    const failed = failure(() => secret(name));
    yield { name: `secret ${name}`, result: failed === undefined ? "ok" : "fail", detail: failed ?? "set" };
  }
}

async function systemCheck(
  workspace: Reading,
  map: DataMap,
  name: string,
  found: (findings: readonly Finding[]) => void,
): Promise<DoctorCheck> {
  const reported: Finding[] = [];
  const check = await orFail(`system ${name}`, async () => {
    const system = await workspace.system(name);
    await using reader = await system.openReader(
      await workspace.io("doctor", { report: (finding) => reported.push(finding) }),
    );
    const targets = (map.systems.find((one) => one.name === name)?.records ?? []).map((record) =>
      targetOf(map, record),
    );
    for await (const finding of reader.check(targets)) reported.push(finding);
    return reported;
  });
  const told = reported.map((finding) => toldFinding(finding));
  found(told);
  if ("result" in check) return { ...check, detail: masked(check.detail) };
  const errors = told.filter(({ severity }) => severity === "error").length;
  if (told.length === 0)
    return { name: `system ${name}`, result: "ok", detail: "reachable; rights, names and mappings fit the data map" };
  const detail = `reachable; ${count(errors, "error")}, ${count(told.length - errors, "warning")}, see the findings`;
  return { name: `system ${name}`, result: errors > 0 ? "fail" : "warn", detail };
}

function count(number: number, what: string, many = `${what}s`): string {
  return `${number} ${number === 1 ? what : many}`;
}

function sentences({ message, help }: Failure): string {
  return `${message}. ${help}`;
}

async function orFail<T extends object>(name: string, work: () => Promise<T>): Promise<T | DoctorCheck> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "INTERRUPTED") throw error;
    return { name, result: "fail", detail: `${error.code}: ${sentences(error)}` };
  }
}

function failure(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return sentences(error);
  }
}
