import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const COUNT = join(import.meta.dirname, "../.ci/count.js");

interface Suite {
  readonly status?: string;
  readonly tests: readonly string[];
}

/** What the gate says of a report with these suites. */
function judged(
  suites: readonly Suite[] | undefined,
  exit = 0,
): { readonly code: number | null; readonly last: string; readonly all: string } {
  const folder = mkdtempSync(join(tmpdir(), "expunge-test-ci-"));
  try {
    const file = join(folder, "report.json");
    const testResults = suites?.map(({ status = "passed", tests }, at) => ({
      name: `suite ${at}`,
      status,
      assertionResults: tests.map((one, test) => ({ fullName: `test ${test}`, status: one })),
    }));
    if (testResults !== undefined) writeFileSync(file, JSON.stringify({ testResults }));
    const { status, stdout } = spawnSync(process.execPath, [COUNT, file, String(exit)], { encoding: "utf8" });
    return { code: status, last: stdout.trimEnd().split("\n").at(-1) ?? "", all: stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("only a run whose every test passed is green", () => {
  expect(judged([{ tests: ["passed", "passed"] }, { tests: ["passed"] }])).toMatchObject({
    code: 0,
    last: "3 passed, 0 failed",
  });
});

test("a failed, a skipped or a planned test, an empty suite, a suite that broke, a run without tests and a bad exit are failures", () => {
  expect(judged([{ status: "failed", tests: ["passed", "failed"] }], 1)).toMatchObject({
    code: 1,
    last: "1 passed, 1 failed",
  });
  for (const status of ["skipped", "pending", "todo"])
    expect(judged([{ tests: ["passed", status] }]), status).toMatchObject({ code: 1, last: "1 passed, 1 failed" });
  expect(judged([{ tests: ["passed"] }, { status: "passed", tests: [] }])).toMatchObject({
    code: 1,
    last: "1 passed, 1 failed",
  });
  expect(judged([{ tests: ["passed"] }, { status: "failed", tests: [] }], 1)).toMatchObject({
    code: 1,
    last: "1 passed, 1 failed",
  });
  expect(judged([{ status: "failed", tests: ["passed"] }], 1)).toMatchObject({ code: 1, last: "1 passed, 1 failed" });
  expect(judged([])).toMatchObject({ code: 1, last: "0 passed, 1 failed" });
  expect(judged(undefined, 1)).toMatchObject({ code: 1, last: "0 passed, 1 failed" });
  expect(judged([{ tests: ["passed"] }], 1)).toMatchObject({ code: 1, last: "1 passed, 1 failed" });
});

test(".ci/run is executable and a shell script without a fault of syntax", () => {
  expect(statSync(join(import.meta.dirname, "../.ci/run")).mode & 0o111).not.toBe(0);
  expect(spawnSync("bash", ["-n", join(import.meta.dirname, "../.ci/run")]).status).toBe(0);
});
