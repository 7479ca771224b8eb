/** Due work as a person does it, through the program: a database and a folder, by the test clock. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, openDesk, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";

test("leads of a database and of a file go ninety days after they were seen, each proved, nothing else touched", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, seen TEXT);
    CREATE TABLE guests (id INTEGER PRIMARY KEY, email TEXT, seen TEXT);
    INSERT INTO guests VALUES (1, 'eve@shop.example', '2026-01-01'), (2, 'eve@shop.example', '2026-04-30');
    INSERT INTO leads VALUES (1, 'ann@shop.example', '2026-01-01'), (2, 'bob@shop.example', '2026-03-02'), (3, NULL, NULL)`);
  const heading = "email,seen\r\n";
  const kept = '"dan@shop.example","2026-03-02"\r\n';
  desk.file("data/fair.csv", `${heading}cay@shop.example,2026-01-01\r\n${kept}`);
  const schedule = { after: "90 days", from: "seen" };
  desk.map(
    testMap({
      clock: "test",
      settle: "1 hour",
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "data/shop.db" },
          records: {
            leads: { match: { email: "email" }, do: "erase", schedule },
            guests: { match: { email: "email" }, do: "anonymise", fields: { email: "clear" }, schedule },
          },
        },
        fair: {
          kind: "files",
          connect: { root: "data" },
          records: { leads: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows", schedule } },
        },
      },
    }),
  );
  const at = (now: string) => ({ env: { EXPUNGE_NOW: now } });
  const dump = () => JSON.stringify(shop.prepare("SELECT id, email, seen FROM leads ORDER BY id").all());
  const before = dump();
  await desk.json(["init"], at("2026-05-01T10:00:00Z"));
  expect(await desk.json(["plan", "--due", "--records", "shop.nothing"], at("2026-05-01T10:00:00Z"))).toMatchObject({
    code: 64,
  });

  const ahead = await desk.json(["plan", "--due", "--as-of", "2026-06-30"], at("2026-05-01T10:00:00Z"));
  expect(ahead).toMatchObject({
    code: 0,
    json: {
      data: {
        plan: {
          approvable: false,
          by_day: [
            { date: "2026-05-01", system: "shop", record: "leads", count: 1 },
            { date: "2026-05-31", system: "shop", record: "leads", count: 1 },
            { date: "2026-05-01", system: "shop", record: "guests", count: 1 },
            { date: "2026-05-01", system: "fair", record: "leads", count: 1 },
            { date: "2026-05-31", system: "fair", record: "leads", count: 1 },
          ],
        },
      },
    },
  });
  OUTPUTS["plan"]?.parse(ahead.json);
  expect((await desk.json(["request", "list"])).json).toMatchObject({ data: { requests: [] } });

  const plan = await desk.json(["plan", "--due"], at("2026-05-01T10:00:00Z"));
  expect(plan).toMatchObject({
    code: 0,
    json: {
      data: { plan: { request: "D-2026-0001", totals: { erase: 2, change: 1 } } },
      next: ["expunge approve D-2026-0001"],
    },
  });
  OUTPUTS["plan"]?.parse(plan.json);
  expect(dump()).toBe(before);
  for (const command of ["request list", "status"]) {
    const told = await desk.json(command.split(" "), at("2026-05-01T10:00:00Z"));
    OUTPUTS[command.replace(" ", "-")]?.parse(told.json);
    expect((await desk.cli(command.split(" "), at("2026-05-01T10:00:00Z"))).out).toMatch(
      /D-2026-0001.*due work|due work.*D-2026-0001/u,
    );
  }
  const shown = await desk.json(["request", "show", "D-2026-0001"], at("2026-05-01T10:00:00Z"));
  OUTPUTS["request-show"]?.parse(shown.json);
  expect((await desk.cli(["request", "show", "D-2026-0001"], at("2026-05-01T10:00:00Z"))).out).not.toContain(
    "answer due",
  );
  // nobody asked for it
  for (const args of [
    ["request", "identity", "D-2026-0001", "--method", "letter", "--result", "ok"],
    ["request", "extend", "D-2026-0001", "--reason", "many"],
    ["letter", "D-2026-0001", "--kind", "final"],
  ])
    expect((await desk.json(args, at("2026-05-01T10:00:00Z"))).code, args.join(" ")).not.toBe(0);

  expect(
    (await desk.json(["approve", "D-2026-0001", "--confirm", "D-2026-0001"], at("2026-05-01T11:00:00Z"))).code,
  ).toBe(0);
  const run = await desk.json(["run", "D-2026-0001", "--confirm", "D-2026-0001"], at("2026-05-01T11:00:00Z"));
  expect(run).toMatchObject({ code: 0, json: { state: "verifying" } });
  expect(dump()).toBe(
    JSON.stringify([
      { id: 2, email: "bob@shop.example", seen: "2026-03-02" },
      { id: 3, email: null, seen: null },
    ]),
  );
  // told by its own value: the same person's other row is not due
  expect(
    shop
      .prepare("SELECT id, email FROM guests ORDER BY id")
      .all()
      .map((row) => ({ ...row })),
  ).toEqual([
    { id: 1, email: null },
    { id: 2, email: "eve@shop.example" },
  ]);
  expect(desk.read("data/fair.csv")).toBe(`${heading}${kept}`);
  expect((await desk.json(["verify", "D-2026-0001"], at("2026-05-01T11:30:00Z"))).json).toMatchObject({
    data: { state: "settling" },
  });
  expect(await desk.json(["verify", "D-2026-0001"], at("2026-05-01T12:30:00Z"))).toMatchObject({
    code: 0,
    json: { data: { state: "closed", residual: 0 } },
  });
  const report = await desk.json(["report", "D-2026-0001", "--out", "proof"], at("2026-05-01T12:30:00Z"));
  expect(report.code).toBe(0);
  expect(await desk.json(["proof", "verify", String(dig(report.json, "data.files.0.path"))])).toMatchObject({
    code: 0,
  });
  // what is not due yet is not told either
  expect((await desk.json(["plan", "--due"], at("2026-05-01T12:30:00Z"))).json).toMatchObject({
    data: { plan: { totals: { erase: 0 } } },
  });
  for (const { out, err } of desk.said) expect(`${out}${err}`).not.toMatch(/shop\.example"?,|@shop\.example/u);
});

test("a night that a database refused is gone on with by the next, and not called nothing due", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, seen TEXT);
    INSERT INTO leads VALUES (1, 'ann@shop.example', '2026-01-01'), (2, 'bob@shop.example', '2026-01-01'), (3, 'cay@shop.example', '2026-11-01');
    CREATE TRIGGER stays BEFORE DELETE ON leads WHEN old.id = 2 BEGIN SELECT raise(abort, 'no'); END`);
  const records = {
    leads: { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } },
  };
  const people = testMap({
    clock: "test",
    settle: "0 days",
    systems: { shop: { kind: "sqlite", connect: { file: "data/shop.db" }, records } },
  });
  const approval = { required: true, four_eyes: false, standing: [{ records: ["shop.leads"], up_to: 10 }] };
  desk.map({ ...people, approval });
  const night = async (day: string) => {
    const { code, json } = await desk.json(["run", "--due"], { env: { EXPUNGE_NOW: `${day}T03:00:00Z` } });
    return [code, dig(json, "plans")];
  };
  const left = () =>
    shop
      .prepare("SELECT id FROM leads ORDER BY id")
      .all()
      .map(({ id }) => id);
  await desk.json(["init"]);
  expect(await night("2026-11-30")).toEqual([5, [{ request: "D-2026-0001", state: "partly_done" }]]);
  expect(left()).toEqual([2, 3]);
  expect((await night("2026-12-01"))[0]).toBe(5);
  shop.exec("DROP TRIGGER stays");
  expect(await night("2026-12-02")).toEqual([0, []]);
  expect(left()).toEqual([3]);
});
