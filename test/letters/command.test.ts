/** `expunge letter`, as it is typed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, openDesk, testMap } from "../support/desk.ts";

const PERSON = "ann@example.com";

test("a letter is written where it is wanted, changes nothing else, and says why where it is not due", async () => {
  using desk = openDesk();
  desk.file("data/lists/may.csv", `email,name\n${PERSON},Ann\nbob@example.com,Bob\n`);
  const records = {
    lists: {
      called: { en: "our mailing list", de: "unser Verteiler" },
      files: ["lists/*.csv"],
      match: { email: "email" },
      do: "remove-rows",
    },
  };
  desk.map(testMap({ systems: { desk: { kind: "files", connect: { root: "./data" }, records } } }));
  await desk.json(["init"]);
  const id = await desk.open({ email: PERSON });

  const open = await desk.json(["letter", id, "--kind", "final"]);
  expect([open.code, dig(open.json, "error.code")]).toEqual([3, "STILL_OPEN"]);
  expect(String(dig(open.json, "error.message"))).toContain("nothing is planned");

  const before = desk.read(".expunge/ledger.db");
  const ack = await desk.cli(["letter", id, "--kind", "ack", "--lang", "de"]);
  expect(ack.code).toBe(0);
  expect(ack.out).toContain(`${id}.ack.de.html`);
  expect(desk.read(`${id}.ack.de.html`)).toContain('<html lang="de">');
  expect(desk.read(".expunge/ledger.db")).toBe(before);

  for (const step of [
    ["plan", id],
    ["approve", id, "--confirm", id],
    ["run", id, "--confirm", id],
    ["verify", id],
  ])
    expect((await desk.cli(step)).code).toBe(0);
  const final = await desk.json([
    "letter",
    id,
    "--kind",
    "final",
    "--lang",
    "de",
    "--format",
    "txt",
    "--out",
    "out/brief.txt",
  ]);
  expect([final.code, dig(final.json, "data.files.0.path")]).toEqual([0, "out/brief.txt"]);
  expect(desk.read("out/brief.txt")).toContain("- unser Verteiler: 1 gelöscht");
  for (const text of [desk.read("out/brief.txt"), final.out, final.err, ack.out, ack.err])
    expect(text).not.toContain(PERSON);

  desk.file(".expunge/letters/final.en.liquid", "# Ours\n\n{{ request }}");
  await desk.cli(["letter", id, "--kind", "final", "--format", "txt", "--out", "ours.txt"]);
  expect(desk.read("ours.txt")).toBe(`Ours\n====\n\n${id}\n`);
  desk.file("elsewhere/final.en.liquid", "{{ nobody }}");
  const mistaken = await desk.json(["letter", id, "--kind", "final", "--templates", "elsewhere", "--out", "none.txt"]);
  expect([mistaken.code, dig(mistaken.json, "error.code")]).toEqual([65, "LETTER_TEMPLATE"]);
  expect(() => desk.read("none.txt")).toThrow();

  const refused: readonly [readonly string[], number, string][] = [
    [["--kind", "final", "--format", "pdf"], 64, "FORMAT_NOT_BUILT"],
    [["--kind", "final", "--format", "docx"], 64, "USAGE"],
    [["--kind", "goodbye"], 64, "USAGE"],
    [["--kind", "final", "--lang", "it"], 64, "USAGE"],
    [["--kind", "refusal"], 3, "LETTER_NOT_DUE"],
  ];
  for (const [flags, code, name] of refused) {
    const said = await desk.json(["letter", id, ...flags]);
    expect([said.code, dig(said.json, "error.code")]).toEqual([code, name]);
  }
  expect(readFileSync(join("manifests", "letters", "final.en.liquid"), "utf8")).toContain("{{ controller.authority }}");
});
