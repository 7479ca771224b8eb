/**
 * The real servers that tests, demo and benches share. Each is started by the first caller of a run and stopped at its
 * end; where EXPUNGE_TEST_… names one that already runs, that one is used. A server that cannot be had is an error.
 */
import { startElasticsearch, versionOf, type ElasticsearchServer } from "./elasticsearch.ts";
import { createDatabase, preparePostgres, startPostgres } from "./postgres.ts";
import { startRadosgw, type S3Server } from "./radosgw.ts";
import { oncePerRun } from "./run.ts";

export type { ElasticsearchServer, S3Server };

export interface PostgresServer {
  readonly version: string;
  /** Superuser. */
  readonly adminUrl: string;
  /** A new, empty database: `url` is for the role `app`, no superuser, who owns it. */
  createDatabase(name: string): Promise<{ url: string; adminUrl: string }>;
}

export async function postgresServer(): Promise<PostgresServer> {
  const given = process.env["EXPUNGE_TEST_POSTGRES_URL"];
  const { version, adminUrl } = await oncePerRun("postgres", async (folder) => {
    const server = given === undefined ? await startPostgres(folder) : await preparePostgres(given);
    say(given === undefined, `PostgreSQL ${server.version}`);
    return server;
  });
  return {
    version,
    adminUrl,
    createDatabase: async (name) => await createDatabase(adminUrl, name),
  };
}

export async function s3Server(): Promise<S3Server> {
  return await oncePerRun("s3", async (folder) => {
    const given = process.env["EXPUNGE_TEST_S3_ENDPOINT"];
    const server = given === undefined ? await startRadosgw(folder) : s3Given(given);
    say(given === undefined, server.version);
    return server;
  });
}

export async function elasticsearchServer(): Promise<ElasticsearchServer> {
  return await oncePerRun("elasticsearch", async (folder) => {
    const given = process.env["EXPUNGE_TEST_ELASTICSEARCH_URL"];
    const server =
      given === undefined ? await startElasticsearch(folder) : { version: await versionOf(given), url: given };
    say(given === undefined, `Elasticsearch ${server.version}`);
    return server;
  });
}

function s3Given(endpoint: string): S3Server {
  const accessKeyId = process.env["EXPUNGE_TEST_S3_ACCESS_KEY_ID"];
  const secretAccessKey = process.env["EXPUNGE_TEST_S3_SECRET_ACCESS_KEY"];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error(
      "EXPUNGE_TEST_S3_ENDPOINT needs EXPUNGE_TEST_S3_ACCESS_KEY_ID and EXPUNGE_TEST_S3_SECRET_ACCESS_KEY beside it",
    );
  }
  return {
    version: "S3 of EXPUNGE_TEST_S3_ENDPOINT",
    endpoint,
    accessKeyId,
    secretAccessKey,
    region: process.env["EXPUNGE_TEST_S3_REGION"] ?? "us-east-1",
  };
}

function say(ours: boolean, what: string): void {
  process.stderr.write(`test servers: ${ours ? "started" : "using"} ${what}\n`);
}
