/** The bin of record files in a versioned bucket: what the application marked comes back where it is seen, and older versions stay. */
import { expect, test } from "vitest";
import { rawStore } from "../connectors/s3/store.ts";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

const BOB = '{"email":"bob@x.example","hidden":true,"at":"2026-11-28"}\n';
const ANN = '{ "email":"ann@x.example", "hidden":true ,"at":"2026-11-28"}\n';

test("a line in a bucket comes back in the version that is seen, and no older version goes or is counted", async () => {
  const store = await rawStore();
  const bucket = await store.bucket("Enabled");
  await store.put(bucket, "lists/a.jsonl", BOB + ANN.replace('"hidden":true', '"hidden":false'));
  await store.put(bucket, "lists/a.jsonl", BOB + ANN);
  // marked once, and alive now
  await store.put(bucket, "lists/b.jsonl", ANN);
  await store.put(bucket, "lists/b.jsonl", '{"email":"ann@x.example","hidden":false}\n');
  using desk = openDesk({ store: store.secret() });
  desk.map({
    ...testMap({
      systems: {
        lake: {
          kind: "s3",
          connect: { secret: "store" },
          records: {
            people: {
              files: [`s3://${bucket}/lists/*.jsonl`],
              match: { email: "email" },
              do: "soft-delete",
              soft_delete: { flag: "hidden", since: "at", restore_as: "false" },
              restore_window: "7 days",
              purge_after: "14 days",
            },
          },
        },
      },
    }),
    clock: "test",
  });
  const at = { env: { EXPUNGE_NOW: "2026-11-30T10:00:00Z" } };
  await desk.json(["init"], at);
  const listed = await desk.json(["bin", "list"], at);
  expect(list(listed.json, "data.items"), listed.out).toMatchObject([{ record: "people", count: 2 }]);
  const before = await store.versions(bucket);
  const restored = await desk.json(
    ["bin", "restore", "lake.people", "--subject-file", "-", "--confirm", "lake.people"],
    { ...at, stdin: JSON.stringify({ email: "ann@x.example" }) },
  );
  expect([restored.code, dig(restored.json, "data.items.0")], restored.out).toMatchObject([
    0,
    { found: 1, restored: 1, hidden: 0 },
  ]);
  expect(await store.get(bucket, "lists/a.jsonl")).toBe(
    BOB + ANN.replace('"hidden":true ,"at":"2026-11-28"', '"hidden":false ,"at":null'),
  );
  const left = await store.versions(bucket);
  expect(left.map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
  expect(left).toHaveLength(before.length + 1);
  store.client.destroy();
});
