import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { withLock } from "./servers/lock.ts";
import { runFolder } from "./servers/run.ts";
import { elasticsearchServer, postgresServer, s3Server } from "./servers/servers.ts";

test("callers at the same time get the same three servers", { timeout: 600_000 }, async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(async () => await Promise.all([postgresServer(), s3Server(), elasticsearchServer()])),
  );
  expect(one?.map(({ version }) => version)).toEqual([
    expect.stringMatching(/^\d/u),
    expect.stringMatching(/\S/u),
    expect.stringMatching(/^\d/u),
  ]);
  expect(one?.[0].adminUrl).toBe(two?.[0].adminUrl);
  expect(one?.slice(1)).toEqual(two?.slice(1));
});

test("a database belongs to a role that is no superuser, and is another for each caller", async () => {
  const server = await postgresServer();
  const [first, second] = await Promise.all([server.createDatabase("Same name"), server.createDatabase("Same name")]);
  expect(first.url).not.toBe(second.url);
  const client = new Client({ connectionString: first.url });
  await client.connect();
  await client.query("CREATE TABLE mine (id int)");
  const { rows } = await client.query(
    "SELECT current_user AS name, rolsuper AS super, rolbypassrls AS bypass FROM pg_roles WHERE rolname = current_user",
  );
  await client.end();
  expect(rows).toEqual([{ name: "app", super: false, bypass: false }]);
});

test("a lock lets one in at a time", async () => {
  let inside = 0;
  let most = 0;
  const turn = async () =>
    await withLock(join(runFolder(), "turns.lock"), async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((done) => setTimeout(done, 10));
      inside -= 1;
    });
  await Promise.all(Array.from({ length: 5 }, turn));
  expect(most).toBe(1);
});

test("what a killed run left running is stopped by the next one, and a stranger's process is not", async () => {
  const owner = fork(join(import.meta.dirname, "servers/fixtures/leave-behind.ts"), {
    stdio: "ignore",
  });
  const [message] = await once(owner, "message");
  const { folder, pid } = message as { folder: string; pid: number };
  const stranger = spawn("sleep", ["60"]);
  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "other", "server.pid"), `${stranger.pid} SIGKILL`);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  expect(isRunning(pid)).toBe(true);

  const next = fork(join(import.meta.dirname, "servers/fixtures/open-and-close.ts"), {
    stdio: "ignore",
  });
  await once(next, "exit");
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  expect(readdirSync(resolve(runFolder(), ".."))).toContain(runFolder().split("/").at(-1));
  stranger.kill("SIGKILL");
});

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}
