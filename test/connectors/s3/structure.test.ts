import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect, test } from "vitest";
import type { Store } from "../../../src/model/structure.ts";
import { testIO } from "../../support/io.ts";
import { filesOf, rawStore, type RawStore, systemOf } from "./store.ts";

let raw: RawStore;
beforeAll(async () => {
  raw = await rawStore();
});

async function storesIn(within: readonly string[], records = [filesOf([])]): Promise<Store[]> {
  await using survey = await systemOf(false, records).openSurvey?.(testIO({ secrets: { store: raw.secret() } }));
  if (survey === undefined) throw new Error("it cannot tell what it is made of");
  return await Array.fromAsync(survey.stores(within));
}

test("objects are told as prefixes, record files with their headings, and what is deleted is not there", async () => {
  const bucket = await raw.bucket("Enabled");
  await raw.put(bucket, "avatars/1017/front.png", "png");
  await raw.put(bucket, "avatars/1018/front.png", "png");
  await raw.put(bucket, "exports/2026/11/orders.csv", "order,e-mail\n1,ann@shop.example\n");
  await raw.put(bucket, "exports/2026/12/orders.csv", "order,e-mail,phone\n");
  await raw.put(bucket, "till/log.jsonl", '{"who":{"email":"ann@shop.example"}}\n');
  await raw.put(bucket, "gone/old.csv", "name\n");
  await raw.remove(bucket, "gone/old.csv");
  await raw.put(bucket, "folder/", "");
  const before = await raw.versions(bucket);
  const all = await storesIn([bucket]);
  expect(all.map(({ name, kind, records, columns }) => [name, kind, records, columns.map((one) => one.name)])).toEqual([
    [`${bucket}/avatars/*/*.png`, "objects", 2, []],
    [`${bucket}/exports/*/*/orders.csv`, "files", 2, ["order", "e-mail", "phone"]],
    [`${bucket}/till/log.jsonl`, "files", 1, ["who.email"]],
  ]);
  expect(await raw.versions(bucket)).toEqual(before);
  expect((await storesIn([`${bucket}/till/`])).map(({ name }) => name)).toEqual([`${bucket}/till/log.jsonl`]);
});

test("without a bucket to look at, every bucket that the credentials see is", async () => {
  const [one, other] = [await raw.bucket(), await raw.bucket()];
  await raw.put(one, "a/x.csv", "name\n");
  await raw.put(other, "b/y.txt", "text");
  const names = (await storesIn([])).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([`${one}/a/x.csv`, `${other}/b/*.txt`]));
});

test("a bucket that is seen and may not be listed is told where nobody named it, and refused where somebody did", async () => {
  const [closed, open] = [await raw.bucket(), await raw.bucket()];
  await raw.put(open, "a/x.csv", "name\n");
  const Statement = [
    { Effect: "Deny", Principal: "*", Action: "s3:ListBucketVersions", Resource: `arn:aws:s3:::${closed}` },
  ];
  await raw.client.send(
    new PutBucketPolicyCommand({ Bucket: closed, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
  );
  const io = testIO({ secrets: { store: raw.secret() } });
  await using survey = await systemOf().openSurvey?.(io);
  const names = (await Array.fromAsync(survey?.stores([]) ?? [])).map(({ name }) => name);
  expect(names).toContain(`${open}/a/x.csv`);
  expect(io.findings).toContainEqual(
    expect.objectContaining({ code: "NOT_PERMITTED", severity: "warning", record: expect.stringContaining(closed) }),
  );
  await expect(Array.fromAsync(survey?.stores([closed]) ?? [])).rejects.toMatchObject({ code: "NOT_PERMITTED" });
});

test("a sample of record files reads their newest objects, and no more values than were asked for", async () => {
  const bucket = await raw.bucket();
  await raw.put(bucket, "x.csv", "name|city\nAnn|Bremen\nBob|Kiel\n");
  await using survey = await systemOf().openSurvey?.(testIO({ secrets: { store: raw.secret() } }));
  const [store] = await Array.fromAsync(survey?.stores([bucket]) ?? []);
  if (store === undefined) throw new Error("no store");
  expect(await survey?.sample(store, 1)).toEqual([
    { column: "name", values: ["Ann"] },
    { column: "city", values: ["Bremen"] },
  ]);
});
