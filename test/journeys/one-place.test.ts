/** What is one place under two names, and what is another place under one name. */
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { dig, list, openDesk, steps, testMap } from "../support/desk.ts";
import { elasticsearchServer, s3Server } from "../support/servers/servers.ts";

const ANN = "ann@shop.example";
const ROWS = `email,day,n\n${ANN},2999-01-01,1\n${ANN},2001-01-01,2\nbob@shop.example,2001-01-01,3\n`;
const holds = {
  books: { says: "books are kept", keep_for: "8 years", law: ["HGB § 257"], people: { owner: "a@b.example" } },
};
const held = { match: { email: "email" }, do: "keep", hold: { use: "books", from: "day" } };

test("files: a folder in a folder of another system is one place; a record that one of them holds is not erased by the other", async () => {
  using desk = openDesk();
  const two = (inner: object, outer: object = { files: ["**/*.csv"], ...held }) =>
    testMap({
      holds,
      identities: { email: { type: "email" }, no: { type: "integer" } },
      systems: {
        all: { kind: "files", connect: { root: "./data" }, records: { rows: outer } },
        part: {
          kind: "files",
          connect: { root: "./data/../data/part/" },
          records: { rows: { match: { email: "email" }, do: "remove-rows", ...inner } },
        },
      },
    });
  desk.file("data/part/a.csv", ROWS);
  desk.file("data/part/b.csv", ROWS);
  await desk.json(["init"]);
  desk.map(two({ files: ["a.csv"] }));
  const id = await desk.open({ email: ANN });
  const refused = await desk.json(["plan", id]);
  expect([refused.code, dig(refused.json, "error.code")]).toEqual([65, "CONFLICT"]);
  expect(dig(refused.json, "error.message")).toContain("all.rows and part.rows");
  // to plan one of the two alone is no way around
  const alone = await desk.json(["plan", id, "--system", "part"]);
  expect([alone.code, dig(alone.json, "error.code")]).toEqual([65, "CONFLICT"]);
  // other rows of the same file: both systems would write it at once
  desk.map(two({ files: ["a.csv"] }, { files: ["part/a.csv"], match: { n: "no" }, do: "remove-rows" }));
  const both = await desk.open({ email: ANN, no: "3" });
  expect((await desk.json(["plan", both])).code).toBe(65);
  // another file of the same folder is no conflict
  desk.map(two({ files: ["a.csv"] }, { files: ["part/b.csv"], ...held }));
  const { plan, run } = await desk.through(id);
  expect(steps(plan)["all.rows"]).toMatchObject({ act: 1, kept: 1 });
  expect(run?.code).toBe(0);
  expect(desk.read("data/part/b.csv")).toBe(ROWS.replace(`${ANN},2001-01-01,2\n`, ""));
  expect(desk.read("data/part/a.csv")).toBe("email,day,n\nbob@shop.example,2001-01-01,3\n");
});

test("files: a root that leads elsewhere since the plan is not run, and since the run not taken for clean", async () => {
  using desk = openDesk();
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data/current" },
          records: { rows: { files: ["a.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  for (const release of ["one", "two"]) desk.file(`data/${release}/a.csv`, ROWS);
  const link = join(desk.folder, "data/current");
  const lead = (to: string) => {
    rmSync(link, { force: true });
    symlinkSync(to, link);
  };
  lead("one");
  await desk.json(["init"]);
  const id = await desk.open({ email: ANN });
  await desk.json(["plan", id]);
  await desk.json(["approve", id, "--confirm", id]);
  lead("two");
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(6);
  for (const release of ["one", "two"]) expect(desk.read(`data/${release}/a.csv`)).toBe(ROWS);
  lead("one");
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(0);
  desk.file("data/one/a.csv", ROWS);
  desk.file("data/two/a.csv", "email,day,n\nbob@shop.example,2001-01-01,3\n");
  lead("two");
  const verified = await desk.json(["verify", id]);
  expect(list(verified.json, "data.checks")).toMatchObject([{ result: "unverifiable", reason: "other_place" }]);
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([4, "partly_done"]);
  expect(readFileSync(join(desk.folder, "data/one/a.csv"), "utf8")).toContain(ANN);
});

test("S3: without a secret the place is where the environment leads", async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = await s3Server();
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const Bucket = `default-chain-${process.pid}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: "a.csv", Body: ROWS }));
  client.destroy();
  using desk = openDesk({
    store: JSON.stringify({ endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true }),
  });
  await desk.json(["init"]);
  const lake = (connect: object, rows: object) => ({ kind: "s3", connect, records: { rows } });
  const gone = { files: [`s3://${Bucket}/a.csv`], match: { email: "email" }, do: "remove-rows" };
  desk.map(
    testMap({
      holds,
      systems: { one: lake({ secret: "store" }, { files: [`s3://${Bucket}/*.csv`], ...held }), two: lake({}, gone) },
    }),
  );
  const id = await desk.open({ email: ANN });
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const plan = await desk.json(["plan", id], { env });
  expect([plan.code, dig(plan.json, "error.code")]).toEqual([65, "CONFLICT"]);
});

test("S3 and Elasticsearch: two secrets that lead to one server are one place", async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = await s3Server();
  const { url } = await elasticsearchServer();
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  const Bucket = `one-place-${process.pid}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: "a.csv", Body: ROWS }));
  client.destroy();
  const index = `one-place-${process.pid}`;
  const ask = async (method: string, path: string, body: object) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.ok).toBe(true);
  };
  const properties = { email: { type: "keyword" }, day: { type: "date" } };
  await ask("PUT", `/${index}`, { settings: { number_of_replicas: 0 }, mappings: { properties } });
  await ask("PUT", `/${index}/_doc/1?refresh=true`, { email: ANN, day: "2999-01-01" });
  const store = JSON.stringify({ endpoint, region, ...credentials, forcePathStyle: true });
  using desk = openDesk({
    store,
    store2: store.replace("127.0.0.1", "localhost"),
    search: url,
    search2: url.replace("127.0.0.1", "localhost"),
  });
  await desk.json(["init"]);
  const gone = { match: { email: "email" } };
  const maps = {
    s3: [
      { kind: "s3", connect: { secret: "store" }, records: { rows: { files: [`s3://${Bucket}/*.csv`], ...held } } },
      {
        kind: "s3",
        connect: { secret: "store2" },
        records: { rows: { files: [`s3://${Bucket}/a.csv`], do: "remove-rows", ...gone } },
      },
    ],
    elasticsearch: [
      { kind: "elasticsearch", connect: { secret: "search" }, records: { rows: { index, ...held } } },
      {
        kind: "elasticsearch",
        connect: { secret: "search2" },
        records: { rows: { index: `${index}*`, do: "erase", ...gone } },
      },
    ],
  };
  for (const [kind, [one, two]] of Object.entries(maps)) {
    desk.map(testMap({ holds, systems: { one, two } }));
    const id = await desk.open({ email: ANN });
    const plan = await desk.json(["plan", id]);
    expect([plan.code, dig(plan.json, "error.code")], kind).toEqual([65, "CONFLICT"]);
    desk.map(testMap({ holds, systems: { one } }));
    expect(steps(await desk.json(["plan", id]))["one.rows"], kind).toMatchObject({ kept: 1 });
  }
});
