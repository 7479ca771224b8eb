import { connectorContract } from "../../contract/connector.contract.ts";
import type { Person } from "../../support/cast.ts";
import type { Fold } from "../../../src/model/datamap.ts";
import { target } from "../sql.ts";
import { record, systemOf, testFile } from "./file.ts";

const people = record("people", "erase");
const redacted = record("people", "redact", { fields: { secret: { kind: "clear" } } });
const rooms = record("rooms", "redact", { in: ["doc"], paths: { "members[]": { kind: "remove" } } });
const members = (list: readonly Person[]) =>
  JSON.stringify(list.map(({ email, secret, kept }) => ({ email, secret, kept })));
const document = (list: readonly Person[]) => `{"members": ${members(list)}, "rate": 1.50}`;

for (const journal of ["wal", "delete"] as const) {
  connectorContract(
    `sqlite, ${journal}`,
    {
      delete: true,
      fields: true,
      folds: true,
      shared: true,
      where: true,
      due: true,
      points: ["effect_begin", "effect_half", "effect_done"],
    },
    async () => {
      const file = testFile(`PRAGMA journal_mode = ${journal};
        CREATE TABLE people (no TEXT PRIMARY KEY, email TEXT, code TEXT NOT NULL, secret TEXT, kept TEXT NOT NULL);
        CREATE TABLE rooms (no TEXT NOT NULL PRIMARY KEY, doc JSON NOT NULL) WITHOUT ROWID`);
      const insert = file.raw.prepare("INSERT INTO people VALUES (?, ?, ?, ?, ?)");
      return await Promise.resolve({
        system: systemOf([people, rooms]),
        columns: { match: "email", no: "no", kept: "kept" },
        by: "email" as const,
        world: { base: file.folder },
        async seed(list: readonly Person[]) {
          file.raw.exec("BEGIN; DELETE FROM people; DELETE FROM rooms");
          for (const { no, email, code, secret, kept } of list) insert.run(no, email, code, secret, kept);
          file.raw.exec("COMMIT");
          await Promise.resolve();
        },
        async dump() {
          const rows = file.sql(
            "SELECT no, json_array(no, email, code, secret, kept) FROM people UNION ALL SELECT no, doc FROM rooms",
          );
          return await Promise.resolve(Object.fromEntries(rows.map(([no, text]) => [no ?? "", text ?? ""])));
        },
        target: (action: "delete" | "fields", fold: readonly Fold[]) =>
          target(action === "delete" ? people : redacted, [{ column: "email", type: "email", fold }], ["no", "email"]),
        redaction: {
          change: { kind: "fields" as const, fields: redacted.fields, documents: [] },
          after: ({ no, email, code, kept }: Person) => JSON.stringify([no, email, code, null, kept]),
        },
        shared: {
          match: "doc.members[].email",
          async seed(documents) {
            file.raw.exec("DELETE FROM people");
            for (const { no, members: list } of documents)
              file.sql("INSERT INTO rooms VALUES (?, ?)", no, document(list));
            await Promise.resolve();
          },
          target: () =>
            target(
              rooms,
              [{ column: "doc.members[].email", type: "email" as const, fold: [] }],
              ["no", "doc.members[].email"],
            ),
          change: { kind: "fields" as const, fields: {}, documents: [{ in: "doc", paths: rooms.paths }] },
          content: ({ members: list }) => document(list),
        },
        spoil: async () => {
          file.raw.exec(
            "CREATE TRIGGER spoil BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'not this one: ' || old.email || old.secret); END",
          );
          await Promise.resolve();
        },
        mend: async () => {
          file.raw.exec("DROP TRIGGER spoil");
          await Promise.resolve();
        },
        async [Symbol.asyncDispose]() {
          file[Symbol.dispose]();
          await Promise.resolve();
        },
      });
    },
  );
}
