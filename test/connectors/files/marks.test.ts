import { gunzipSync, gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type MarkedRow,
  type MarkFixture,
  marksContract,
  RESTORE_WINDOW,
  type Way,
} from "../../contract/marks.contract.ts";
import { csvLines, jsonLines, type Lines } from "../../record-files/marked-lines.ts";
import { targetOf } from "../../support/record-type.ts";
import { peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

const TIME: Way = {
  name: "a time, empty while it lives, and who",
  marker: { kind: "timestamp", column: "deleted_at", live: null, by: "deleted_by" },
  live: { deleted_at: null, deleted_by: null },
  later: { column: "deleted_by", value: "the shop" },
};
const SENTINEL: Way = {
  name: "a time with a sentinel",
  marker: { kind: "timestamp", column: "gone", live: "1760-01-01" },
  live: { gone: "1760-01-01 00:00:00" },
  later: { column: "gone", value: "2020-01-01 00:00:00" },
};
const FLAG: Way = {
  name: "a flag, and since when",
  marker: { kind: "flag", column: "hidden", deleted: "true", since: "hidden_at" },
  live: { hidden: "false", hidden_at: null },
  later: { column: "hidden_at", value: "2020-01-01T00:00:00Z" },
};
const STATUS: Way = {
  name: "a status",
  marker: { kind: "status", column: "state", deleted: ["trash", "bin"], since: "state_at", by: "state_by" },
  live: { state: "open", state_at: "2019-01-01T00:00:00Z", state_by: "the shop" },
  later: { column: "state", value: "bin" },
};
const NESTED: Way = {
  name: "paths of an object that is not there",
  marker: { kind: "timestamp", column: "meta.gone.at", live: null, by: "meta.gone.by" },
  live: { "meta.gone.at": null, "meta.gone.by": null },
  later: { column: "meta.gone.by", value: "the shop" },
};

async function fixture(name: string, lines: Lines, zipped = false): Promise<MarkFixture> {
  const folder = await temporaryFolder();
  const record = (way: Way) =>
    peopleFiles([name], {
      do: "soft-delete",
      marker: way.marker,
      restoreWindow: RESTORE_WINDOW,
      dialect: { delimiter: ";" },
    });
  const read = async () => {
    const bytes = await readFile(join(folder.path, name));
    return (zipped ? gunzipSync(bytes) : bytes).toString();
  };
  const write = async (text: string) => await folder.write(name, zipped ? gzipSync(text) : text);
  let way: Way = TIME;
  return {
    system: systemOf(folder.path, record(TIME)),
    world: { base: folder.path },
    async seed(given: Way, rows: readonly MarkedRow[]) {
      way = given;
      await write(lines.file(given, rows));
    },
    dump: async () => lines.dump(await read()),
    parts: async (given, no) => lines.parts(given, await read(), no),
    target: (given) => targetOf(record(given), [{ column: "email", type: "email", fold: [] }], ["no"]),
    write: async (no, column, value) => await write(lines.edit(way, await read(), no, column, value)),
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

const POINTS = ["effect_begin", "effect_half", "effect_done"] as const;

marksContract("CSV files", POINTS, [TIME, SENTINEL, FLAG, STATUS], async () => await fixture("people.csv", csvLines));
marksContract(
  "JSON Lines files, zipped",
  POINTS,
  [TIME, SENTINEL, FLAG, STATUS, NESTED],
  async () => await fixture("people.jsonl.gz", jsonLines, true),
);
