/** Objects that are found by their keys through records of another system, of which one is held. */
import { CreateBucketCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { dig, openDesk, steps, testMap } from "../support/desk.ts";
import { s3Server } from "../support/servers/servers.ts";

test("an object is held with the record that its key names, and not with another one of the same person", async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = await s3Server();
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  const Bucket = `held-objects-${process.pid}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const no of ["N1", "N2", "N3"])
    for (const Key of [`invoices/${no}.pdf`, `parts/${no}/1`])
      await client.send(new PutObjectCommand({ Bucket, Key, Body: no }));
  const keys = async () => {
    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    return Versions.map(({ Key }) => Key);
  };
  using desk = openDesk({ store: JSON.stringify({ endpoint, region, ...credentials, forcePathStyle: true }) });
  desk.map(
    testMap({
      holds: {
        books: { says: "books are kept", keep_for: "8 years", law: ["HGB § 257"], people: { owner: "a@b.example" } },
      },
      systems: {
        shop: {
          kind: "files",
          connect: { root: "./data" },
          records: {
            invoices: {
              files: ["invoices.csv"],
              match: { email: "email" },
              do: "remove-rows",
              hold: { use: "books", from: "day" },
            },
          },
        },
        store: {
          kind: "s3",
          connect: { secret: "store" },
          records: {
            papers: {
              keys: [`s3://${Bucket}/invoices/:shop.invoices.no.pdf`, `s3://${Bucket}/parts/:shop.invoices.no/**`],
              do: "erase",
            },
          },
        },
      },
    }),
  );
  desk.file(
    "data/invoices.csv",
    "no,email,day\nN1,ann@shop.example,2999-01-01\nN2,ann@shop.example,2001-01-01\nN3,bob@shop.example,2001-01-01\n",
  );
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  const { plan, run, verify } = await desk.through(id);
  expect(steps(plan)["store.papers"]).toMatchObject({ found: 4, act: 2, kept: 2, reason: "held_with" });
  expect(run?.code).toBe(0);
  expect(verify?.code).toBe(0);
  expect(await keys()).toEqual(["invoices/N1.pdf", "invoices/N3.pdf", "parts/N1/1", "parts/N3/1"]);
  client.destroy();
});

test("a record type whose lines went with objects that were erased whole is not taken for a place that is gone", async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = await s3Server();
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  const Bucket = `whole-objects-${process.pid}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "exports/7421.csv",
      Body: "email,n\nann@shop.example,1\nann@shop.example,2\n",
    }),
  );
  using desk = openDesk({ store: JSON.stringify({ endpoint, region, ...credentials, forcePathStyle: true }) });
  desk.map(
    testMap({
      identities: { email: { type: "email" }, customer: { type: "integer" } },
      systems: {
        store: {
          kind: "s3",
          connect: { secret: "store" },
          records: {
            exports: { keys: [`s3://${Bucket}/exports/:customer.csv`], do: "erase" },
            rows: { files: [`s3://${Bucket}/exports/*.csv`], match: { email: "email" }, do: "remove-rows" },
          },
        },
      },
    }),
  );
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example", customer: "7421" });
  const { plan, run, verify } = await desk.through(id);
  expect(steps(plan)["store.exports"]).toMatchObject({ act: 1 });
  expect(run?.code).toBe(0);
  expect((await client.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []).toEqual([]);
  client.destroy();
  expect([verify?.code, dig(verify?.json, "data.state")]).toEqual([0, "closed"]);
});
