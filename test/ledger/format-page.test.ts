import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { audit } from "../../src/ledger/audit.ts";
import { commit, leafText } from "../../src/ledger/commitment.ts";
import { isEventType } from "../../src/ledger/events.ts";
import { closedObject, jcs, parseJcs } from "../../src/ledger/jcs.ts";
import { leafHash } from "../../src/ledger/merkle.ts";
import { parseReportPayload } from "../../src/ledger/report-file.ts";
import { checkpointText, signNote } from "../../src/ledger/signed-note.ts";
import { verifierKeyOf } from "../../src/ledger/verifier-key.ts";
import type { JsonObject } from "../../src/model/json.ts";

const page = readFileSync("docs/ledger-format.md", "utf8");
const golden: { seed_hex: string; origin: string } = JSON.parse(
  readFileSync("test/vectors/ledger-golden.json", "utf8"),
);

/** The text of the fenced block of that name. */
function block(name: string): string {
  const found = new RegExp(`\`\`\`(?:json|text) ${name}\n([^]*?)\`\`\``, "u").exec(page)?.[1];
  if (found === undefined) throw new Error(`the page has no block ${name}`);
  return found;
}

const line = (name: string): string => block(name).trimEnd();
const content = (name: string): JsonObject =>
  closedObject(parseJcs(Buffer.from(line(name))), name, [], ["v", "type", "request", "ground", "epoch", "pseudonym"]);
const salt = (name: string): Buffer => Buffer.from(line(name), "hex");

describe("the worked example of docs/ledger-format.md", () => {
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(golden.seed_hex, "hex")]),
    format: "der",
    type: "pkcs8",
  });
  const verifier = verifierKeyOf(golden.origin, key);

  it("has canonical contents", () =>
    expect([jcs(content("core")), jcs(content("link"))]).toEqual([line("core"), line("link")]));

  it("has the leaf and the hash that they make", () => {
    const leaf = leafText({
      type: "erasure.completed",
      core: commit("core", salt("core-salt"), content("core")),
      link: commit("link", salt("link-salt"), content("link")),
    });
    expect(leaf).toBe(block("leaf"));
    expect(leafHash(Buffer.from(leaf)).toString("hex")).toBe(line("leaf-hash"));
  });

  it("has the key and the checkpoint that the key signs, and the audit holds", () => {
    expect(verifier.text).toBe(line("vkey"));
    expect(
      signNote(
        checkpointText({ origin: golden.origin, size: 1, root: Buffer.from(line("leaf-hash"), "hex") }),
        key,
        verifier,
      ),
    ).toBe(block("checkpoint"));
    expect(audit(Buffer.from(block("checkpoint")), { key: line("vkey") }).ok).toBe(true);
  });
});

it("the page's table names every member of a report's payload and no other", () => {
  const table = page.slice(page.indexOf("**Report**"), page.indexOf("Unknown members"));
  const named = [...table.matchAll(/^\| ((?:`[a-z_]+(?:\[\])?`(?:, )?)+) \|/gmu)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([a-z_]+)/gu)].map(([, name = ""]) => name),
  );
  const payload = {
    schema: "expunge/erasure-report/v1",
    request: "",
    generated_at: "",
    tool: "",
    checkpoint: "",
    entries: [],
    summary: {},
    limits: [],
  };
  expect(Object.keys(parseReportPayload(Buffer.from(jcs(payload)))).toSorted()).toEqual(named.toSorted());
});

it("the page's table of events names every type that may be written and no other", () => {
  const table = page.slice(page.indexOf("## Events"), page.indexOf("**Counts**"));
  const named = [...table.matchAll(/^\| ((?:`[a-z._]+`(?:, )?)+) \|/gmu)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([a-z._]+)`/gu)].map(([, name = ""]) => name),
  );
  const source = readFileSync("src/ledger/events.ts", "utf8");
  const shapes = source.slice(
    source.indexOf("const SHAPES = {"),
    source.indexOf("} as const", source.indexOf("const SHAPES = {")),
  );
  const types = [...shapes.matchAll(/^ {2}"?([a-z._]+)"?: (?:\{|ending)/gmu)].map(([, name = ""]) => name);
  expect(types.length).toBeGreaterThan(12);
  expect(types.filter((type) => !isEventType(type))).toEqual([]);
  expect(named.toSorted()).toEqual(types.toSorted());
});
