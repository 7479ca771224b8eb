import { expect, test } from "vitest";
import { connectorContract, type Fixture } from "../../contract/connector.contract.ts";
import type { Person } from "../cast.ts";
import { recordType, targetOf } from "../record-type.ts";
import { memorySystem } from "./connector.ts";
import { fill, memoryDatabase, type Row } from "./database.ts";

const PEOPLE = recordType({
  system: "shop",
  name: "people",
  place: { kind: "table", table: "people" },
  do: "erase",
  fields: { secret: { kind: "clear" } },
});
const SHARED = recordType({
  system: "shop",
  name: "groups",
  place: { kind: "table", table: "groups" },
  do: "redact",
  fields: { email: { kind: "remove" } },
});

function rowOf(person: Person): Row {
  return {
    id: `row ${person.no}`,
    no: person.no,
    email: person.email,
    code: person.code,
    secret: person.secret,
    kept: person.kept,
  };
}

async function fixture(): Promise<Fixture> {
  await Promise.resolve();
  const database = memoryDatabase({ people: [], groups: [], neighbours: [{ id: "1", email: "ann@shop.example" }] });
  const column = { column: "email", type: "email" } as const;
  const groupOf = (no: string, members: readonly Person[]): Row => ({
    id: no,
    no,
    email: members.flatMap(({ email }) => email ?? []),
  });
  return {
    system: memorySystem(database, { name: "shop", records: [PEOPLE, SHARED] }),
    columns: { match: "email", no: "no", kept: "kept" },
    by: "email",
    world: {},
    async seed(people) {
      await Promise.resolve();
      fill(database, "people", people.map(rowOf));
      fill(database, "groups", []);
    },
    async dump() {
      await Promise.resolve();
      const dump: Record<string, string> = {
        "+neighbours": JSON.stringify([...(database.tables.get("neighbours") ?? [])]),
      };
      for (const table of ["people", "groups"])
        for (const row of database.tables.get(table)?.values() ?? []) dump[String(row["no"])] = JSON.stringify(row);
      return dump;
    },
    target: (action, fold) =>
      targetOf(action === "delete" ? PEOPLE : { ...PEOPLE, do: "redact" }, [{ ...column, fold }], ["no"]),
    redaction: {
      change: { kind: "fields", fields: { secret: { kind: "clear" } }, documents: [] },
      after: (person) => JSON.stringify({ ...rowOf(person), secret: null }),
    },
    shared: {
      async seed(documents) {
        await Promise.resolve();
        fill(database, "people", []);
        fill(
          database,
          "groups",
          documents.map(({ no, members }) => groupOf(no, members)),
        );
      },
      target: () => targetOf(SHARED, [{ ...column, fold: [] }], ["no"]),
      change: { kind: "fields", fields: { email: { kind: "remove" } }, documents: [] },
      content: ({ no, members }) => JSON.stringify(groupOf(no, members)),
    },
    async spoil() {
      await Promise.resolve();
      database.trouble = "duplicate key value: (ann@shop.example, Anna Lind, 4 Quay\u00a0Row)";
    },
    async mend() {
      await Promise.resolve();
      database.trouble = undefined;
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
}

const contract = connectorContract(
  "tables in memory",
  {
    delete: true,
    fields: true,
    folds: true,
    shared: true,
    where: true,
    sweep: true,
    due: true,
    points: ["effect_begin", "effect_half", "effect_done"],
  },
  fixture,
);

test("the suite judged it", () => {
  expect(contract.registered).toBeGreaterThan(25);
});
