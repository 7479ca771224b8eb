import { connectorContract } from "../../contract/connector.contract.ts";
import type { Person } from "../../support/cast.ts";
import type { Fold } from "../../../src/model/datamap.ts";
import { SECRETS, record, systemOf, target, testDatabase } from "./database.ts";

const people = record("people", "erase");
const redacted = record("people", "redact", { fields: { secret: { kind: "clear" } } });
const rooms = record("rooms", "redact", { in: ["doc"], paths: { "members[]": { kind: "remove" } } });
const members = (list: readonly Person[]) =>
  JSON.stringify(list.map(({ email, secret, kept }) => ({ email, secret, kept })));

connectorContract(
  "postgres",
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
    const database = await testDatabase("contract");
    await database.fresh();
    await database.sql(`CREATE TABLE people (no text PRIMARY KEY, email text, code text NOT NULL, secret text, kept text NOT NULL);
      CREATE TABLE rooms (no text PRIMARY KEY, doc jsonb NOT NULL);
      CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one: %', OLD; END $$`);
    const insert = async (person: Person) =>
      await database.sql("INSERT INTO people VALUES ($1, $2, $3, $4, $5)", [
        person.no,
        person.email,
        person.code,
        person.secret,
        person.kept,
      ]);
    return {
      system: systemOf([people, rooms]),
      columns: { match: "email", no: "no", kept: "kept" },
      by: "email",
      world: { secrets: { [SECRETS]: database.url } },
      async seed(list) {
        await database.sql("DELETE FROM people; DELETE FROM rooms");
        for (const person of list) await insert(person);
      },
      async dump() {
        const rows = await database.sql("SELECT no, p::text FROM people p UNION ALL SELECT no, doc::text FROM rooms");
        return Object.fromEntries(rows.map(([no, text]) => [no ?? "", text ?? ""]));
      },
      target: (action, fold: readonly Fold[]) =>
        target(action === "delete" ? people : redacted, [{ column: "email", type: "email", fold }], ["no", "email"]),
      redaction: {
        change: { kind: "fields", fields: redacted.fields, documents: [] },
        after: ({ no, email, code, kept }) => `(${[no, quotedText(email), code, "", quotedText(kept)].join(",")})`,
      },
      shared: {
        match: "doc.members[].email",
        async seed(documents) {
          await database.sql("DELETE FROM people");
          for (const { no, members: list } of documents)
            await database.sql("INSERT INTO rooms VALUES ($1, $2)", [
              no,
              `{"members": ${members(list)}, "rate": 1.50}`,
            ]);
        },
        target: () =>
          target(rooms, [{ column: "doc.members[].email", type: "email", fold: [] }], ["no", "doc.members[].email"]),
        change: { kind: "fields", fields: {}, documents: [{ in: "doc", paths: rooms.paths }] },
        content: ({ members: list }) => {
          const shown = list.map(
            ({ email, secret, kept }) =>
              `{"kept": ${JSON.stringify(kept)}, "email": ${JSON.stringify(email)}, "secret": ${JSON.stringify(secret)}}`,
          );
          return `{"rate": 1.50, "members": [${shown.join(", ")}]}`;
        },
      },
      spoil: async () =>
        void (await database.sql(
          "CREATE TRIGGER spoil BEFORE DELETE OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION spoil()",
        )),
      mend: async () => void (await database.sql("DROP TRIGGER spoil ON people")),
      [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
    };
  },
);

/** As a row's text shows a column. */
function quotedText(text: string | null): string {
  if (text === null) return "";
  return text === "" || /["\\(),\s]/u.test(text) ? `"${text.replaceAll(/["\\]/gu, "$&$&")}"` : text;
}
