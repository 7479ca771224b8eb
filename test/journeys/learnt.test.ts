/** What a search has learnt of a person is theirs like what they gave: it is nowhere that stays. */
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dig, filesBelow, list, openDesk, testMap } from "../support/desk.ts";

test("a customer number that the search learnt stands in no gap's place: not on a screen, in the state, the ledger or the report", async () => {
  using desk = openDesk();
  const shop = new DatabaseSync(path.join(desk.folder, "shop.db"));
  shop.exec("create table customers (id integer primary key, email text); create index by_email on customers (email)");
  shop.exec("insert into customers values (70412, 'ann@x.example'), (70413, 'bob@x.example')");
  shop.close();
  const line = '{"email":"ann@x.example"}\n';
  desk.file("data/of/70412/events.jsonl", `${line}broken ann@x.example\n`);
  desk.file("data/of/70413/events.jsonl", '{"email":"bob@x.example"}\n');
  desk.map(
    testMap({
      identities: {
        email: { type: "email", fold: ["trim", "lowercase"] },
        number: { type: "integer", found_in: "shop.customers.id", by: { email: "email" } },
      },
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "./shop.db" },
          records: { customers: { match: { id: "number" }, do: "erase" } },
        },
        share: {
          kind: "files",
          connect: { root: "./data" },
          records: { events: { files: ["of/**/*.jsonl"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@x.example" });
  const { plan, run, verify } = await desk.through(id);
  const places = list(verify?.json, "data.gaps").map((gap) => gap["where"]);
  expect(places.length).toBeGreaterThan(0);
  expect(places.every((where) => String(where).startsWith("of/…/events.jsonl"))).toBe(true);
  for (const said of [plan, run, verify]) expect(`${said?.out ?? ""}${said?.err ?? ""}`).not.toContain("70412");
  const closed = await desk.json(["request", "close", id, "--accept-gaps", "--reason", "cleaned by hand"]);
  expect(dig(closed.json, "data.requests.0.state")).toBe("closed");
  await desk.json(["report", id]);
  await desk.json(["proof", "export", "--out", "report/all.json"]);
  const written = [...filesBelow(path.join(desk.folder, ".expunge")), ...filesBelow(path.join(desk.folder, "report"))];
  const report = JSON.parse(desk.read(`report/${id}.report.json`));
  expect(Buffer.from(String(dig(report, "payload")), "base64").toString()).toContain("of/…/events.jsonl");
  const bytes = [
    ...written.map((file) => readFileSync(file).toString()),
    Buffer.from(String(dig(report, "payload")), "base64").toString(),
  ];
  expect(bytes.filter((text) => text.includes("70412"))).toEqual([]);
});
