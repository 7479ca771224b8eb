import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Residue } from "../../../src/model/change.ts";
import type { Target } from "../../../src/model/search.ts";
import { testIO } from "../../support/io.ts";
import { recordOn } from "./person.ts";
import { rawElasticsearch, systemUnderTest, type RawElasticsearch } from "./raw.ts";

const keyword = { type: "keyword" };
let raw: RawElasticsearch;
/** The server's own folder; undefined where it runs elsewhere. */
let folder: string | undefined;

beforeAll(async () => {
  raw = await rawElasticsearch();
  const settings = await raw.call("GET", "/_nodes/_local?filter_path=nodes.*.settings.path.data");
  const path = /"data":\[?"([^"]+)"/u.exec(settings)?.[1];
  folder = path !== undefined && existsSync(path) ? path : undefined;
});
afterAll(async () => {
  await raw.drop();
});

/** Files of the server that hold this text. */
function filesWith(text: string): string[] {
  if (folder === undefined) return [];
  const root = folder;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      try {
        return readFileSync(file).includes(text);
      } catch {
        // merged away meanwhile
        return false;
      }
    });
}

async function deletedDocs(index: string): Promise<number> {
  const segments = await raw.call("GET", `/${index}/_segments`);
  return [...segments.matchAll(/"deleted_docs":(\d+)/gu)].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function purged(target: Target): Promise<readonly Residue[]> {
  await using eraser = await systemUnderTest().openEraser(testIO({ secrets: { search: raw.url } }));
  return await eraser.flushResidue(target);
}

async function residueOf(target: Target): Promise<Residue[]> {
  await using reader = await systemUnderTest().openReader(testIO({ secrets: { search: raw.url } }));
  return await Array.fromAsync(reader.residue(target));
}

test(
  "purge removes the bytes of deleted and of rewritten documents, and puts the index's setting back",
  { timeout: 180_000 },
  async () => {
    const mark = `purge${process.pid}x${Date.now().toString(36)}`;
    // stored uncompressed in small segments: the marks can be looked for
    const index = await raw.create(
      "purge",
      { email: keyword, name: keyword },
      { settings: { "index.merge.policy.expunge_deletes_allowed": 7 } },
    );
    const other = await raw.create("purge-kept", { email: keyword, name: keyword });
    await raw.put(index, {
      a: { email: `${mark}a@shop.example`, name: "one" },
      ...Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`n${at}`, { email: `n${at}@shop.example` }])),
    });
    await raw.put(other, {
      b: { email: "b@shop.example", name: `${mark}b` },
      c: { email: "c@shop.example", name: "kept" },
    });
    for (const name of [index, other]) await raw.call("POST", `/${name}/_flush?force=true`);
    const erased = recordOn(raw, index, { match: { email: "email" } });
    const redacted = recordOn(raw, other, { match: { email: "email" }, paths: { name: { kind: "clear" } } });
    expect(await erased.erase(await erased.find(`${mark}a@shop.example`))).toMatchObject({ affected: 1 });
    expect(await redacted.erase(await redacted.find("b@shop.example"))).toMatchObject({ affected: 1 });
    if (folder !== undefined) expect(filesWith(`${mark}a`).length, "deleted is not gone").toBeGreaterThan(0);
    if (folder !== undefined) expect(filesWith(`${mark}b`).length, "rewritten is not gone").toBeGreaterThan(0);
    expect(await deletedDocs(index)).toBeGreaterThan(0);
    expect(await residueOf(erased.target)).toMatchObject([
      { system: "search", record: "search.things", mechanism: "segments", goneBy: "2026-11-21T10:01:00.000Z" },
    ]);

    expect(await Promise.all([purged(erased.target), purged(redacted.target)])).toEqual([[], []]);

    expect([await deletedDocs(index), await deletedDocs(other)]).toEqual([0, 0]);
    expect(filesWith(`${mark}a`)).toEqual([]);
    expect(filesWith(`${mark}b`)).toEqual([]);
    expect(await raw.call("GET", `/${index}/_settings?flat_settings=true`)).toContain(
      '"index.merge.policy.expunge_deletes_allowed":"7"',
    );
    expect(await raw.call("GET", `/${other}/_settings?flat_settings=true`)).not.toContain("expunge_deletes_allowed");
    expect(Object.keys(await raw.dump(index))).toHaveLength(200);
    expect(await raw.dump(other)).toEqual({
      b: '{"email":"b@shop.example","name":null}',
      c: '{"email":"c@shop.example","name":"kept"}',
    });
  },
);

test(
  "a snapshot that holds the index, and an index that takes no changes, stay named",
  { timeout: 120_000 },
  async () => {
    const index = await raw.create("snapped", { email: keyword });
    await raw.put(index, { a: { email: "ann@shop.example" } }, "?refresh=true");
    const record = recordOn(raw, index, { match: { email: "email" } });
    const repository = `${index}-repo`;
    await raw.call("PUT", `/_snapshot/${repository}`, { type: "fs", settings: { location: repository } });
    try {
      expect((await residueOf(record.target)).map(({ mechanism }) => mechanism)).toEqual(["segments"]);
      await raw.call("PUT", `/_snapshot/${repository}/one?wait_for_completion=true`, {
        indices: index,
        include_global_state: false,
      });
      expect((await residueOf(record.target)).map(({ mechanism, goneBy }) => [mechanism, goneBy])).toEqual([
        ["segments", "2026-11-21T10:01:00.000Z"],
        ["snapshots", null],
      ]);
      await raw.call("PUT", `/${index}/_block/write`);
      expect((await purged(record.target)).map(({ mechanism, goneBy }) => [mechanism, goneBy])).toEqual([
        ["segments", null],
        ["snapshots", null],
      ]);
    } finally {
      await raw.call("DELETE", `/_snapshot/${repository}/*`);
      await raw.call("DELETE", `/_snapshot/${repository}`);
    }
  },
);
