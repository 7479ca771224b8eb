import { mkdir, symlink, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Store } from "../../../src/model/structure.ts";
import type { System } from "../../../src/port/connector.ts";
import { testIO } from "../../support/io.ts";
import { peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

async function storesOf(system: System, within: readonly string[] = []): Promise<Store[]> {
  await using survey = await system.openSurvey?.(testIO());
  if (survey === undefined) throw new Error("it cannot tell what it is made of");
  return await Array.fromAsync(survey.stores(within));
}

const columns = ({ columns: all }: Pick<Store, "columns">): string[] => all.map(({ name }) => name);

test("files are told as families, with the headings of all of them, whatever their delimiter, encoding and compression", async () => {
  await using folder = await temporaryFolder();
  await mkdir(`${folder.path}/exports`);
  await folder.write("exports/leads-2026-10.csv", "name;e-mail\nAnn;ann@shop.example\n");
  await folder.write("exports/leads-2026-11.csv", 'name;e-mail;"phone\nnumber"\n');
  await folder.write("exports/old.csv.gz", gzipSync("id,name\n1,Ann\n"));
  await folder.write("exports/wide.csv", Buffer.from("\u{FEFF}kunde\tanschrift\n", "utf16le"));
  await folder.write(
    "exports/events.jsonl",
    '{"at":1,"who":{"email":"ann@shop.example"},"tags":["a"]}\nno json\n{"at":2,"members":[{"name":"Ann"}],"by":{"ann@shop.example":true}}\n',
  );
  await folder.write("exports/letter.pdf", "%PDF");
  const all = await storesOf(systemOf(folder.path));
  expect(all.map((store) => [store.name, store.kind, store.format, store.records, columns(store)])).toEqual([
    ["exports/*.pdf", "files", undefined, 1, []],
    ["exports/events.jsonl", "files", "jsonl", 1, ["at", "who.email", "tags[]", "members[].name", "by.*"]],
    ["exports/leads-*.csv", "files", "csv", 2, ["name", "e-mail", "phone\nnumber"]],
    ["exports/old.csv.gz", "files", "csv", 1, ["id", "name"]],
    ["exports/wide.csv", "files", "csv", 1, ["kunde", "anschrift"]],
  ]);
  expect(all.every(({ may }) => may?.read === true && may.erase)).toBe(true);
});

test("a file that a record type names is read as its rule says; what lies elsewhere, or begins with a dot, is not looked at", async () => {
  await using folder = await temporaryFolder();
  await using elsewhere = await temporaryFolder();
  await elsewhere.write("secret.csv", "iban\n");
  await symlink(elsewhere.path, `${folder.path}/linked`);
  await mkdir(`${folder.path}/.cache`);
  await writeFile(`${folder.path}/.cache/people.csv`, "name\n");
  await folder.write("list.txt", "made by hand\nname|mail\n");
  const rule = peopleFiles(["*.txt"], { format: "csv", dialect: { delimiter: "|", skip: 1 } });
  expect((await storesOf(systemOf(folder.path, rule))).map((store) => [store.name, columns(store)])).toEqual([
    ["list.txt", ["name", "mail"]],
  ]);
});

test("a folder for each person is one family, and no name of a person comes out of it", async () => {
  await using folder = await temporaryFolder();
  for (let person = 0; person < 40; person += 1) {
    const name = `person${String.fromCodePoint(97 + (person % 26))}${"x".repeat(Math.floor(person / 26))}`;
    await mkdir(`${folder.path}/people/${name}`, { recursive: true });
    await folder.write(`people/${name}/profile.csv`, "name,city\n");
  }
  await folder.write("ann@shop.example.csv", "name\n");
  expect((await storesOf(systemOf(folder.path))).map(({ name, records }) => [name, records])).toEqual([
    ["*.csv", 1],
    ["people/*/profile.csv", 40],
  ]);
});

test("a file that cannot be read as what its name says is reported, and the others are told", async () => {
  await using folder = await temporaryFolder();
  await folder.write("broken.csv.gz", "name,mail\n".repeat(3));
  await folder.write("zip.csv", Buffer.from("504b0304140000000800", "hex"));
  await folder.write("good.csv", "name\n");
  const io = testIO();
  await using survey = await systemOf(folder.path).openSurvey?.(io);
  const all = await Array.fromAsync(survey?.stores([]) ?? []);
  expect(all.map((store) => [store.name, columns(store)])).toEqual([
    ["broken.csv.gz", ["name", "mail"]],
    ["good.csv", ["name"]],
    ["zip.csv", []],
  ]);
  expect(io.findings.map(({ code, record }) => [code, record])).toEqual([["FILE_REFUSED", "share.zip.csv"]]);
});

test("a sample has at most so many values of each column", async () => {
  await using folder = await temporaryFolder();
  await folder.write("leads-1.csv", "name,city\nAnn,Bremen\nBob,\nCleo,Kiel\n");
  await folder.write("leads-2.csv", "name,city\nDora,Ulm\n");
  await using survey = await systemOf(folder.path).openSurvey?.(testIO());
  const [store] = await Array.fromAsync(survey?.stores([]) ?? []);
  if (store === undefined) throw new Error("no store");
  const sampled = await survey?.sample(store, 2);
  expect(sampled?.map(({ column, values }) => [column, values.length])).toEqual([
    ["name", 2],
    ["city", 2],
  ]);
});
