/** The doctor says each thing once, and what it did not look at. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { registry } from "../connectors/registry.ts";
import { type DoctorCheck, examine } from "../src/doctor.ts";
import { makeWorkspace } from "../src/make-workspace.ts";
import { list, openDesk, testMap } from "./support/desk.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "expunge-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const system = (secret: string) => ({
  kind: "postgres",
  connect: { secret },
  owner: "desk@harbour.example",
  records: { people: { match: { email: "email" }, do: "erase" } },
});

const placesOf = (at: string) => ({
  map: join(at, "datamap.yaml"),
  workspace: join(at, "work"),
  keys: undefined,
  as: "rita",
});

async function doctor(systems: object): Promise<readonly DoctorCheck[]> {
  const places = placesOf(folder);
  const identities = { email: { type: "email", fold: ["trim", "lowercase"] } };
  writeFileSync(places.map, stringify(testMap({ identities, systems })));
  const { signal } = new AbortController();
  const { checks } = await examine({ places, registry, signal, label: () => {} });
  return checks;
}

test("a secret that is missing is told once, and its systems are named as not looked at", async () => {
  await makeWorkspace(placesOf(folder), "test.example/doctor", "2026-11-21");
  const checks = await doctor({ shop: system("never_set"), copy: system("never_set"), index: system("never-set") });
  const said = checks.filter(({ detail }) => detail.includes("is not set"));
  expect(said.map(({ name }) => name)).toEqual(["secret never_set", "secret never-set"]);
  expect(said[0]?.detail).toContain("Set the environment variable EXPUNGE_SECRET_NEVER_SET");
  // no shell can set a variable with such a name
  expect(said[1]?.detail).not.toContain("Set the environment variable");
  expect(said[1]?.detail).toContain("Put a file named never-set into $EXPUNGE_SECRETS_DIR");
  expect(checks.filter(({ name }) => name.startsWith("system "))).toEqual([
    { name: "system shop", result: "fail", detail: "not looked at, for want of its secret never_set" },
    { name: "system copy", result: "fail", detail: "not looked at, for want of its secret never_set" },
    { name: "system index", result: "fail", detail: "not looked at, for want of its secret never-set" },
  ]);
});

test("without a workspace everything else is looked at, and the systems are told as not looked at", async () => {
  const checks = await doctor({ shop: system("never_set") });
  const of = (name: string) => checks.find((check) => check.name === name)?.result;
  expect(["workspace", "data map", "secret never_set", "systems"].map((name) => of(name))).toEqual([
    "fail",
    "ok",
    "fail",
    "warn",
  ]);
});

test("the linter and the doctor judge the data map on the day that a test has set, and only where the map lets it", async () => {
  using desk = openDesk();
  const systems = {
    desk: {
      kind: "files",
      owner: "desk@harbour.example",
      connect: { root: "." },
      records: { list: { files: ["list.csv"], match: { mail: "email" }, do: "remove-rows" } },
    },
  };
  const review = { map: { owner: "dpo@harbour.example", review_by: "2035-01-01" } };
  const at = { env: { EXPUNGE_NOW: "2036-02-03T10:00:00Z" } };
  const seen = async (clock: string) => {
    desk.map(testMap({ systems, ...review, clock }));
    const lint = await desk.json(["map", "lint"], at);
    const doctor = await desk.json(["doctor"], at);
    return {
      lint: list(lint.json, "data.issues").map(({ code }) => code),
      findings: list(doctor.json, "data.findings").map(({ code }) => code),
      day: list(doctor.json, "data.checks").find(({ name }) => name === "calendar")?.["detail"],
    };
  };
  expect(await seen("test")).toMatchObject({
    lint: expect.arrayContaining(["REVIEW_OVERDUE"]),
    findings: expect.arrayContaining(["REVIEW_OVERDUE"]),
    day: expect.stringContaining("2036-02-03"),
  });
  const real = await seen("real");
  expect([...real.lint, ...real.findings]).not.toContain("REVIEW_OVERDUE");
  expect(real.day).not.toContain("2036-02-03");
});
