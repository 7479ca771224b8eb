import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  type Capabilities,
  connectorContract,
  type Fixture,
  type SharedDocument,
} from "../../contract/connector.contract.ts";
import type { Person } from "../../support/cast.ts";
import { naiveCsv } from "../../support/naive-csv.ts";
import { targetOf } from "../../support/record-type.ts";
import { peopleFiles, systemOf, temporaryFolder } from "./fixture.ts";

const POINTS = ["effect_begin", "effect_half", "effect_done"] as const;
const CSV: Capabilities = {
  delete: true,
  fields: true,
  folds: true,
  shared: false,
  where: true,
  due: true,
  points: POINTS,
};
const JSONL: Capabilities = { ...CSV, shared: true };
const HEADER = "no;e mail;code;secret;kept\r\n";

/** Two files, so that one can be done when a run is cut off; the second one compressed. Neighbours, which are nobody's. */
const FILES = ["people/a", "people/b"] as const;

/** No two records look alike: quoted or not, CRLF or LF. */
function csvRecord(person: Person): string {
  const even = Number(person.no) % 2 === 0;
  const cells = [person.no, person.email ?? "", person.code, person.secret, person.kept];
  return (
    cells.map((value) => (even || /[";\r\n]/u.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(";") +
    (even ? "\n" : "\r\n")
  );
}

/** Numbers, spaces, escapes and key order that no serialiser would give back. */
function jsonRecord(person: Person, secret: string | null = person.secret): string {
  const email =
    person.email === null
      ? "null"
      : JSON.stringify(person.email).replaceAll("@", Number(person.no) % 2 === 0 ? String.raw`\u0040` : "@");
  return `{ "kept":${JSON.stringify(person.kept)},"n":1.0, "secret" : ${JSON.stringify(secret)} ,"who":{"email":${email}, "big":90071992547409931},"code":${JSON.stringify(person.code)},"no":"${person.no}"}${Number(person.no) % 2 === 0 ? "\n" : "\r\n"}`;
}

async function placeFiles(root: string, ending: string, content: readonly string[]): Promise<void> {
  await mkdir(join(root, "people"), { recursive: true });
  await writeFile(join(root, `${FILES[0]}.${ending}`), content[0] ?? "");
  await chmod(join(root, `${FILES[0]}.${ending}`), 0o640);
  await writeFile(join(root, `${FILES[1]}.${ending}.gz`), gzipSync(content[1] ?? ""));
  await writeFile(join(root, `people/neighbour.${ending}x`), "ann@shop.example\n");
}

/** The text of both files, and what must never change beside them. */
async function readFiles(
  root: string,
  ending: string,
): Promise<{ readonly texts: string[]; readonly rest: Record<string, string> }> {
  const names = [`${FILES[0]}.${ending}`, `${FILES[1]}.${ending}.gz`];
  const texts: string[] = [];
  const rest: Record<string, string> = {
    "+neighbour": await readFile(join(root, `people/neighbour.${ending}x`), "utf8"),
  };
  for (const name of names) {
    const bytes = await readFile(join(root, name));
    texts.push((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
    rest[`+mode ${name}`] = ((await stat(join(root, name))).mode & 0o7777).toString(8);
  }
  return { texts, rest };
}

async function csvFixture(): Promise<Fixture> {
  const folder = await temporaryFolder();
  const record = peopleFiles(["people/*.csv", "people/*.csv.gz"], {
    dialect: { delimiter: ";" },
    fields: { secret: { kind: "clear" } },
  });
  const column = { column: "e mail", type: "email" } as const;
  return {
    system: systemOf(folder.path, record),
    columns: { match: "e mail", no: "no", kept: "kept" },
    by: "email",
    world: {},
    async seed(people) {
      await folder.empty();
      await placeFiles(
        folder.path,
        "csv",
        halves(people, (person) => csvRecord(person)).map((rows) => `\u{FEFF}${HEADER}\r\n${rows}`),
      );
    },
    async dump() {
      const { texts, rest } = await readFiles(folder.path, "csv");
      const dump = { ...rest };
      for (const [at, text] of texts.entries()) {
        const [header, ...records] = naiveCsv(text.slice(1), ";") ?? [];
        dump[`+header ${at}`] = text.slice(0, 1 + (header?.end ?? 0) + 2);
        for (const { cells, start, end } of records) dump[cells[0] ?? ""] = text.slice(1 + start, 1 + end);
        dump[`+tail ${at}`] = text.slice(1 + (records.at(-1)?.end ?? 0));
      }
      return dump;
    },
    target: (action, fold) =>
      targetOf(action === "delete" ? record : { ...record, do: "redact" }, [{ ...column, fold }], ["no"]),
    redaction: {
      change: { kind: "fields", fields: { secret: { kind: "clear" } }, documents: [] },
      after: (person) =>
        csvRecord({ ...person, secret: "\0" }).replace(
          "\0",
          /[";\r\n]/u.test(person.secret) && Number(person.no) % 2 === 1 ? '""' : "",
        ),
    },
    async spoil() {
      const path = join(folder.path, `${FILES[0]}.csv`);
      await writeFile(path, `${await readFile(path, "utf8")}"99";"ann@shop.example";"Anna Lind, 4 Quay\u00a0Row\r\n`);
    },
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

async function jsonlFixture(): Promise<Fixture> {
  const folder = await temporaryFolder();
  const record = peopleFiles(["people/*.jsonl", "people/*.jsonl.gz"], { fields: { secret: { kind: "clear" } } });
  const documents = peopleFiles(["people/*.jsonl", "people/*.jsonl.gz"], {
    do: "redact",
    paths: { "doc.members[]": { kind: "remove" } },
  });
  const documentLine = ({ no, members }: SharedDocument) =>
    `{"no":"${no}", "doc":{"members":[${members.map((person) => `{ "email":${JSON.stringify(person.email)},"n":1e2 }`).join(" , ")}]}}\n`;
  const unreadable = "no json at all\n\n[1, 2]\n";
  return {
    system: systemOf(folder.path, record),
    columns: { match: "who.email", no: "no", kept: "kept" },
    by: "email",
    world: {},
    async seed(people) {
      await folder.empty();
      await placeFiles(
        folder.path,
        "jsonl",
        halves(people, (person) => jsonRecord(person)).map((lines) => unreadable + lines),
      );
    },
    async dump() {
      const { texts, rest } = await readFiles(folder.path, "jsonl");
      const dump = { ...rest };
      for (const [at, text] of texts.entries()) {
        dump[`+others ${at}`] = "";
        for (const line of text.match(/[^\n]*\n/gu) ?? []) {
          const no = /"no":"(\d+)"/u.exec(line)?.[1];
          if (no === undefined) dump[`+others ${at}`] += line;
          else dump[no] = line;
        }
      }
      return dump;
    },
    target: (action, fold) =>
      targetOf(
        action === "delete" ? record : { ...record, do: "redact" },
        [{ column: "who.email", type: "email", fold }],
        ["no"],
      ),
    redaction: {
      change: { kind: "fields", fields: { secret: { kind: "clear" } }, documents: [] },
      after: (person) => jsonRecord(person, null),
    },
    shared: {
      match: "doc.members[].email",
      seed: async (all) => await placeFiles(folder.path, "jsonl", [all.map(documentLine).join(""), ""]),
      target: () => targetOf(documents, [{ column: "doc.members[].email", type: "email", fold: [] }], ["no"]),
      change: { kind: "fields", fields: {}, documents: [{ in: "doc", paths: { "members[]": { kind: "remove" } } }] },
      content: documentLine,
    },
    async spoil() {
      // cut off in the middle of its compressed data
      const path = join(folder.path, `${FILES[1]}.jsonl.gz`);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 10));
    },
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

function halves(people: readonly Person[], write: (person: Person) => string): [string, string] {
  const middle = Math.floor(people.length / 2);
  return [people.slice(0, middle).map(write).join(""), people.slice(middle).map(write).join("")];
}

const csv = connectorContract("files, CSV", CSV, csvFixture);
const jsonl = connectorContract("files, JSON Lines", JSONL, jsonlFixture);

test("the contract registered every test that these capabilities ask for", () => {
  expect([csv.registered, jsonl.registered]).toEqual([35, 36]);
});
