/** The page for CI: its commands do what it says, and its files are what the hosts take. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";

const PAGE = readFileSync(path.join(import.meta.dirname, "../../docs/map-check.md"), "utf8");

function block(file: string): unknown {
  const found = [...PAGE.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/gu)].find(([, name]) => name === file)?.[2];
  if (found === undefined) throw new Error(`the page has no ${file}`);
  return parse(found);
}

const WORKFLOW = z.object({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.enum(["read", "write", "none"])),
  jobs: z.record(
    z.string(),
    z.object({
      "runs-on": z.string(),
      env: z.record(z.string(), z.string()),
      steps: z.array(
        z.union([
          z.strictObject({ run: z.string(), if: z.string().optional() }),
          z.strictObject({
            uses: z.string().regex(/^[\w-]+\/[\w/-]+@v\d+$/u),
            if: z.string().optional(),
            with: z.object({}).loose().optional(),
          }),
        ]),
      ),
    }),
  ),
});
const JOB = z.strictObject({
  image: z.string(),
  rules: z.array(z.strictObject({ if: z.string() })),
  script: z.array(z.string()),
  artifacts: z.strictObject({ when: z.enum(["always", "on_success", "on_failure"]), paths: z.array(z.string()) }),
});
const HOOKS = z.strictObject({
  repos: z.array(
    z.strictObject({
      repo: z.literal("local"),
      hooks: z.array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          entry: z.string(),
          language: z.literal("system"),
          files: z.string().optional(),
          stages: z.array(z.enum(["pre-commit", "pre-push"])).optional(),
          always_run: z.boolean().optional(),
          pass_filenames: z.boolean(),
        }),
      ),
    }),
  ),
});

/** What of SARIF 2.1.0 is required, and what code hosts read; nothing else is written. */
const message = z.strictObject({ text: z.string().min(1) });
const level = z.enum(["none", "note", "warning", "error"]);
const SARIF = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.array(
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string(),
          semanticVersion: z.string(),
          rules: z.array(
            z.strictObject({
              id: z.string(),
              shortDescription: message,
              help: message.optional(),
              defaultConfiguration: z.strictObject({ level }),
            }),
          ),
        }),
      }),
      columnKind: z.literal("utf16CodeUnits"),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level,
          message,
          locations: z.array(
            z.strictObject({
              physicalLocation: z.strictObject({
                artifactLocation: z.strictObject({ uri: z.string().regex(/^[\w./%-]+$/u) }),
                region: z.strictObject({ startLine: z.int().min(1) }),
              }),
              logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string() })).optional(),
            }),
          ),
          partialFingerprints: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ),
});

function smallDesk(): Desk {
  const desk = openDesk();
  desk.file("data/lists/may.csv", "email,name\nann@example.com,Ann\n");
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@harbour.example",
          records: { lists: { files: ["lists/*.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  return desk;
}

/** A command of ours as a shell takes it, with its output in a file where it says so. */
async function typed(
  desk: Desk,
  line: string,
): Promise<{ readonly code: number | string; readonly out: string; readonly file?: string }> {
  const [command = "", file] = line.split(" > ");
  const [npx, expunge, ...args] = command.trim().split(" ");
  expect([npx, expunge]).toEqual(["npx", "expunge"]);
  const { code, out } = await desk.cli(args);
  return { code, out, ...(file === undefined ? {} : { file }) };
}

test("each command of the workflow, the job and the hooks passes on a map that fits, and stops at a column that does not", async () => {
  using desk = smallDesk();
  const workflow = WORKFLOW.parse(block(".github/workflows/data-map.yml"));
  const job = JOB.parse(dig(block(".gitlab-ci.yml"), "map-check"));
  const hooks = HOOKS.parse(block(".pre-commit-config.yaml"));
  const steps = Object.values(workflow.jobs).flatMap((one) => one.steps);
  const lines = [
    ...steps.flatMap((step) => ("run" in step ? [step.run] : [])),
    ...job.script,
    ...hooks.repos.flatMap((repo) => repo.hooks.map(({ entry }) => entry)),
  ].filter((line) => line !== "npm ci");
  expect(lines).toHaveLength(4);
  expect((await desk.json(["map", "accept", "--write"])).code).toBe(0);
  for (const line of lines) expect([line, (await typed(desk, line)).code]).toEqual([line, 0]);
  // what is written is what is kept
  const uploads = [
    ...steps.flatMap((step) => ("uses" in step ? [dig(step, "with.sarif_file")] : [])),
    ...job.artifacts.paths,
  ];
  for (const line of lines) {
    const { file } = await typed(desk, line);
    if (file !== undefined) expect(uploads).toContain(file);
  }

  desk.file("data/staff.csv", "name,phone\nAnn,1\n");
  for (const line of lines.filter((one) => one.includes("map check")))
    expect([line, (await typed(desk, line)).code]).toEqual([line, 2]);
});

test("SARIF has what its schema requires and nothing that it does not know, and each result names a rule that is there", async () => {
  using desk = smallDesk();
  desk.file("data/staff.csv", "name,phone\nAnn,1\n");
  for (const accepted of [false, true]) {
    if (accepted) await desk.json(["map", "accept", "--write"]);
    desk.file("data/outbox.jsonl", '{"to":"ann@example.com"}\n');
    const { out } = await desk.cli(["map", "check", "--format", "sarif"]);
    const { error, data } = SARIF.safeParse(JSON.parse(out));
    expect(error?.issues ?? []).toEqual([]);
    const [run] = data?.runs ?? [];
    expect(run?.results.length).toBeGreaterThan(1);
    for (const { ruleId, ruleIndex } of run?.results ?? []) expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(out).not.toContain("ann@");
  }
  expect(list(JSON.parse((await desk.cli(["map", "check", "--format", "sarif"])).out), "runs")).toHaveLength(1);
});
