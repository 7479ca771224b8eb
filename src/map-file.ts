/** The data map's file, read with everything that its rules may name: kinds of systems, statutes, holidays. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeFrames } from "./datamap/code-frame.ts";
import { type Reading, readDataMap } from "./datamap/read.ts";
import { Failure } from "./errors.ts";
import { parseVerifierKey } from "./ledger/verifier-key.ts";
import type { DataMap, Issue } from "./model/datamap.ts";
import { shipped } from "./package-files.ts";
import type { Registry } from "./port/registry.ts";
import { publicHolidays } from "./retention/holidays.ts";
import { parseRules } from "./retention/rules.ts";

export interface MapFile extends Reading {
  /** As given. */
  readonly file: string;
  readonly text: string;
}

/** Throws DATAMAP_MISSING. What is wrong in the file is in `issues`. `deadlines`: whether any is reckoned; else the big list of holidays stays where it is, and a region is not looked at. */
export async function readMapFile(file: string, registry: Registry, today: string, deadlines = true): Promise<MapFile> {
  const text = readText(file);
  if (text === undefined) throw new Failure("DATAMAP_MISSING", `there is no data map ${file}`);
  return await readMapText({ file, text }, registry, today, deadlines);
}

/** The same of a text that is no file yet. */
export async function readMapText(
  { file, text }: { readonly file: string; readonly text: string },
  registry: Registry,
  today: string,
  deadlines = true,
): Promise<MapFile> {
  const base = dirname(resolve(file));
  const configs = await Promise.all(registry.connectors.map(({ config }) => config()));
  const rules = new Map(retentionFiles().flatMap((rule) => [...parseRules(readFileSync(rule, "utf8"))]));
  const reading = await readDataMap(
    { file, text },
    {
      kinds: new Map(configs.map((config) => [config.kind, config])),
      notBuiltKinds: registry.notBuilt,
      rules,
      today,
      readFile: (path) => readText(resolve(base, path)),
      holidays: deadlines ? publicHolidays : noHolidays,
      personKey,
    },
  );
  return { ...reading, file, text };
}

/** The map without an error. Throws DATAMAP_INVALID with every issue. */
export function validMap({ map, issues, text, file }: MapFile): DataMap {
  if (map !== undefined) return map;
  const errors = issues.filter(({ severity }) => severity === "error");
  const [first] = errors;
  const message = [
    `${file} has ${errors.length === 1 ? "an error" : `${errors.length} errors`}`,
    ...codeFrames(text, errors),
  ].join("\n");
  throw new Failure("DATAMAP_INVALID", message, {
    ...(first === undefined ? {} : { at: placeOf(first) }),
    details: { issues },
  });
}

/**
 * Throws NOT_BUILT where the map asks for something that a later version brings, which a plan must not leave out
 * silently, and CONFLICT where two rules for the same records contradict each other.
 */
export function refusePlan({ notBuilt, conflicts, text }: MapFile): void {
  for (const [code, issues, said] of [
    ["NOT_BUILT", notBuilt, "the data map asks for what is not built yet"] as const,
    ["CONFLICT", conflicts, "rules of the data map contradict each other"] as const,
  ]) {
    const [first] = issues;
    if (first === undefined) continue;
    // a warning to the linter, and here what stops the plan
    const frames = codeFrames(
      text,
      issues.map((issue) => ({ ...issue, severity: "error" })),
    );
    throw new Failure(code, [said, ...frames].join("\n"), { at: placeOf(first), details: { issues } });
  }
}

/** `datamap.yaml:42:7` */
export function placeOf({ file, line, column }: Issue): string {
  return `${file}:${line}:${column}`;
}

/** The 32 bytes of a vkey, in base64. */
function personKey(vkey: string): string | undefined {
  try {
    const { x = "" } = parseVerifierKey(vkey).key.export({ format: "jwk" });
    return Buffer.from(x, "base64url").toString("base64");
  } catch {
    return undefined;
  }
}

async function noHolidays(): Promise<undefined> {
  await Promise.resolve();
}

function readText(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Failure("DATAMAP_MISSING", `${file} cannot be read`);
  }
}

function retentionFiles(): string[] {
  const folder = shipped("manifests", "retention");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => shipped("manifests", "retention", name));
}
