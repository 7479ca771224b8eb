// Reads vitest's JSON report and says what it is worth: `count.js REPORT EXIT_CODE`. A skipped test, an empty suite and a run
// without tests are failures: what was not looked at is not known to hold.
import { readFileSync } from "node:fs";

const [, , file = "", code = "1"] = process.argv;
const { passed, failures } = judge(read(file), Number(code));
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** @param {string} path */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return { testResults: [] };
  }
}

/** @param {{ testResults: { name: string, status: string, assertionResults: { fullName: string, status: string }[] }[] }} report @param {number} exit */
function judge({ testResults }, exit) {
  const tests = testResults.flatMap((suite) => suite.assertionResults);
  const passed = tests.filter((test) => test.status === "passed").length;
  const failures = [
    ...testResults
      .filter((suite) => suite.assertionResults.length === 0)
      .map((suite) => `${suite.name}: no test in it ran`),
    ...testResults
      .filter(
        (suite) =>
          suite.status === "failed" &&
          suite.assertionResults.every((test) => test.status === "passed") &&
          suite.assertionResults.length > 0,
      )
      .map((suite) => `${suite.name}: failed outside of its tests`),
    ...tests.filter((test) => test.status !== "passed").map((test) => `${test.status}: ${test.fullName}`),
  ];
  if (tests.length === 0) failures.push("no test ran");
  if (exit !== 0 && failures.length === 0) failures.push(`the test command ended with ${exit}`);
  return { passed, failures };
}
