import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { connector } from "../../../connectors/sqlite/connector.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import type { System } from "../../../src/port/connector.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { recordType } from "../../support/record-type.ts";

/** A database of its own in a folder of its own, looked at through a raw client. */
export interface TestFile extends Disposable {
  readonly folder: string;
  readonly path: string;
  /** The raw client; another process's settings would not be ours: foreign keys are off, and nothing is overwritten. */
  readonly raw: DatabaseSync;
  sql(text: string, ...values: readonly SQLInputValue[]): (string | null)[][];
  /** Every byte that is kept: of the database's file and what lies beside it. */
  bytes(): Buffer;
  /** What lies in the folder. */
  files(): string[];
}

export function testFile(made: string = ""): TestFile {
  const folder = mkdtempSync(join(tmpdir(), "expunge-sqlite-"));
  const path = join(folder, "shop.db");
  const raw = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  raw.exec("PRAGMA secure_delete = OFF");
  raw.exec(made);
  return {
    folder,
    path,
    raw,
    sql(text, ...values) {
      const statement = raw.prepare(text);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      return statement
        .all(...values)
        .map((row) =>
          Object.values(row).map((value) =>
            value === null ? null : value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value),
          ),
        );
    },
    bytes: () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name)))),
    files: () => readdirSync(folder).toSorted(),
    [Symbol.dispose]() {
      if (raw.isOpen) raw.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function systemOf(records: readonly RecordType[], more: Partial<SystemBlock> = {}): System {
  return connector.configure({
    name: "shop",
    kind: "sqlite",
    rank: "source",
    connect: { file: "shop.db" },
    feeds: [],
    session: {},
    records,
    covers: [],
    at: { line: 1, column: 1 },
    ...more,
  });
}

/** A record type of the table of this name. */
export function record(name: string, rule: RecordType["do"], more: Partial<RecordType> = {}): RecordType {
  return recordType({ system: "shop", name, place: { kind: "table", table: name }, do: rule, ...more });
}

export function worldOf(file: TestFile): TestIO {
  return testIO({ base: file.folder });
}
