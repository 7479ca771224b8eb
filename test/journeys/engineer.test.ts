/** Who writes a data map and gets it wrong in a way that only the systems can tell: where it is said, and where that leads. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { dig, list, openDesk } from "../support/desk.ts";

const HEAD = `version: 1
controller: { name: Harbour Tea Ltd, contact: p@heron.example, calendar: { timezone: Europe/Berlin } }
approval: { four_eyes: false }
identities: { email: { type: email } }
systems:
`;
const system = (root: string, record: string): string =>
  `${HEAD}  mail:\n    kind: files\n    owner: it@heron.example\n    connect: { root: ${root} }\n    records:\n      list:\n        files: ["list.csv"]\n        ${record}\n`;

it("what a system says of the map has the system's name, file, line and column, and a help that leads on", async () => {
  using desk = openDesk();
  const map = (text: string): void => writeFileSync(path.join(desk.folder, "datamap.yaml"), text);
  desk.file("data/list.csv", "id;E-Mail\n1;tove@heron.example\n");
  const good = "match: { E-Mail: email }\n        do: remove-rows";
  map(system("./data", good));
  await desk.json(["init"]);
  const id = await desk.open({ email: "tove@heron.example" });
  const failing = async (text: string): Promise<unknown> => {
    map(text);
    return dig((await desk.json(["plan", id])).json, "error");
  };
  expect(await failing(system("./nowhere", good))).toMatchObject({
    code: "SYSTEM_UNREACHABLE",
    message: "mail: the root folder does not exist",
    at: "datamap.yaml:6:3",
  });
  expect(await failing(system("./data", good))).toMatchObject({
    code: "COLUMN_MISSING",
    at: "datamap.yaml:13:18",
    help: expect.stringContaining('`dialect: { delimiter: ";" }`'),
  });
  const mended = `dialect: { delimiter: ";" }\n        ${good}`;
  map(system("./data", mended));
  expect((await desk.json(["plan", id])).code).toBe(0);
  expect(await failing(system("./data", mended.replace("remove-rows", "ask")))).toMatchObject({
    code: "ASK",
    at: "datamap.yaml:11:7",
  });
  // the doctor says in advance what no plan is made with
  map(system("./data", mended.replace("remove-rows", "soft-delete")));
  const doctor = await desk.json(["doctor"]);
  expect([doctor.code, list(doctor.json, "data.checks").find((one) => one["name"] === "data map")]).toMatchObject([
    2,
    { result: "fail" },
  ]);
});
