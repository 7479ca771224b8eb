import { gunzipSync, gzipSync } from "node:zlib";
import {
  type MarkedRow,
  type MarkFixture,
  marksContract,
  RESTORE_WINDOW,
  type Way,
} from "../../contract/marks.contract.ts";
import { csvLines, jsonLines, type Lines } from "../../record-files/marked-lines.ts";
import { targetOf } from "../../support/record-type.ts";
import { filesOf, rawStore, systemOf } from "./store.ts";

const TIME: Way = {
  name: "a time, empty while it lives, and who",
  marker: { kind: "timestamp", column: "deleted_at", live: null, by: "deleted_by" },
  live: { deleted_at: null, deleted_by: null },
  later: { column: "deleted_by", value: "the shop" },
};
const STATUS: Way = {
  name: "a status",
  marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
  live: { state: "open", state_at: "2019-01-01T00:00:00Z", state_by: "the shop" },
  later: { column: "state", value: "bin" },
};

async function fixture(key: string, lines: Lines, versioning?: "Enabled"): Promise<MarkFixture> {
  const store = await rawStore();
  const bucket = await store.bucket(versioning);
  const zipped = key.endsWith(".gz");
  const record = (way: Way) =>
    filesOf([`s3://${bucket}/people/*`], {
      do: "soft-delete",
      marker: way.marker,
      restoreWindow: RESTORE_WINDOW,
      dialect: { delimiter: ";" },
    });
  const pack = (text: string) => (zipped ? gzipSync(text) : Buffer.from(text));
  const unpack = (latin1: string) => {
    const bytes = Buffer.from(latin1, "latin1");
    return (zipped ? gunzipSync(bytes) : bytes).toString();
  };
  const read = async () =>
    unpack((await store.versions(bucket, key)).find(({ latest, marker }) => latest && !marker)?.body ?? "");
  let way: Way = TIME;
  return {
    system: systemOf(),
    world: { secrets: { store: store.secret() } },
    async seed(given: Way, rows: readonly MarkedRow[]) {
      way = given;
      await store.empty(bucket);
      // an older version, which no mark changes
      if (versioning !== undefined) await store.put(bucket, key, pack(lines.file(given, rows.slice(1))));
      await store.put(bucket, key, pack(lines.file(given, rows)), { Metadata: { shift: "late" } });
    },
    async dump() {
      const older = (await store.versions(bucket, key)).filter(({ latest }) => !latest).at(-1);
      return { ...lines.dump(await read()), ...(older === undefined ? {} : { "+older": unpack(older.body) }) };
    },
    parts: async (given, no) => lines.parts(given, await read(), no),
    target: (given) => targetOf(record(given), [{ column: "email", type: "email", fold: [] }], ["no"]),
    async write(no, column, value) {
      await store.put(bucket, key, pack(lines.edit(way, await read(), no, column, value)), {
        Metadata: { shift: "late" },
      });
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(store.client.destroy()),
  };
}

const POINTS = ["effect_begin", "effect_half", "effect_done"] as const;

marksContract("CSV in a plain bucket", POINTS, [TIME], async () => await fixture("people/all.csv", csvLines));
marksContract(
  "zipped JSON Lines in a versioned bucket",
  POINTS,
  [TIME, STATUS],
  async () => await fixture("people/all.jsonl.gz", jsonLines, "Enabled"),
);
