/** Report, export, proof and head through the program itself, and checked on another desk that has nothing but the file and the key. */
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Desk, dig, list, openDesk, type Said, testMap } from "../support/desk.ts";

const person = "zora.kmet@regatta.example";
const reportName = "R-2026-0001.report.json";

let desk: Desk;
/** The auditor's: no workspace, no data map. */
let auditor: Desk;
let id = "";
let made: Readonly<Record<"report" | "head" | "ledger" | "proof", Said>>;

beforeAll(async () => {
  desk = openDesk();
  auditor = openDesk();
  await desk.json(["init"]);
  desk.map(
    testMap({
      clock: "test",
      identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
      systems: {
        boats: {
          kind: "files",
          connect: { root: "./data" },
          owner: "boats@harbour.example",
          records: { crews: { files: ["crews.csv"], match: { mail: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  desk.file("data/crews.csv", `boat,mail\nHeron,${person}\nHeron,lotte@regatta.example\n`);
  id = await desk.open({ email: person });
  const { verify } = await desk.through(id);
  if (dig(verify?.json, "data.state") !== "closed") throw new Error("the request did not close");
  made = {
    report: await desk.json(["report", id, "--format", "json,html", "--out", "made/report"]),
    head: await desk.json(["proof", "checkpoint", "--out", "made/head.txt"]),
    ledger: await desk.json(["proof", "export", "--out", "made/ledger.json"]),
    proof: await desk.json(["proof", "export", id, "--out", "made/one.tlog-proof"]),
  };
  for (const { code, out, err } of Object.values(made)) if (code !== 0) throw new Error(`exit ${code} ${out} ${err}`);
});

afterAll(() => {
  desk[Symbol.dispose]();
  auditor[Symbol.dispose]();
});

const bytesOf = (name: string): Buffer => readFileSync(path.join(desk.folder, name));

/** Brings a file of the desk to the auditor under another name, changed or as it is. */
function hand(name: string, change: (bytes: Buffer) => Buffer = (bytes) => bytes): string {
  const at = `f${auditor.said.length}-${Math.random().toString(36).slice(2)}`;
  auditor.file(at, change(bytesOf(name)));
  return at;
}

const checksOf = (json: unknown): readonly string[] => {
  const checks = dig(json, "data.checks");
  return Array.isArray(checks)
    ? checks.map((check: unknown) => `${String(dig(check, "name"))} ${String(dig(check, "ok"))}`)
    : [];
};

describe("what somebody changed behind the ledger's back", () => {
  const tampered = (name: string, sql: string): void => {
    const db = new DatabaseSync(path.join(desk.folder, name));
    for (const trigger of db.prepare("select name from sqlite_schema where type = 'trigger'").all())
      db.exec(`drop trigger "${String(trigger["name"])}"`);
    db.exec(sql);
    db.close();
  };

  /** The desk's workspace and files as they are now, under another name. */
  function copy(name: string): { readonly state: string; readonly ledger: string; readonly flags: readonly string[] } {
    cpSync(path.join(desk.folder, ".expunge"), path.join(desk.folder, name), { recursive: true });
    return { state: `${name}/state.db`, ledger: `${name}/ledger.db`, flags: ["--workspace", name] };
  }

  it("is in no report and no export, and the doctor says so", async () => {
    const { ledger, flags } = copy("filed-elsewhere");
    tampered(ledger, `update leaf set request = null where request = '${id}' and id like '%/S1/%'`);
    for (const args of [
      ["report", id, "--out", "made/filed-elsewhere"],
      ["proof", "export", "--out", "made/elsewhere.json"],
      ["proof", "export", id, "--out", "made/elsewhere.tlog-proof"],
    ]) {
      const said = await desk.json([...args, ...flags]);
      expect([said.code, dig(said.json, "error.code"), dig(said.json, "error.message")]).toEqual([
        65,
        "STATE_UNREADABLE",
        expect.stringContaining("entries are missing or changed"),
      ]);
    }
    const doctor = await desk.json(["doctor", ...flags]);
    expect(doctor.code).toBe(2);
    expect(list(doctor.json, "data.checks").filter((check) => dig(check, "result") === "fail")).toEqual([
      { name: "ledger", result: "fail", detail: expect.stringContaining("entries are missing or changed") },
    ]);
  });

  it("does not run where the approval stands in the state alone", async () => {
    const { state, flags } = copy("approved-by-nobody");
    desk.file("data/crews.csv", `boat,mail\nHeron,lotte@regatta.example\n`);
    const opened = await desk.json(["request", "new", "--subject-file", "-", ...flags], {
      stdin: JSON.stringify({ email: "lotte@regatta.example" }),
    });
    const other = String(dig(opened.json, "data.requests.0.id"));
    await desk.json(["request", "identity", other, "--method", "letter", "--result", "ok", ...flags]);
    const { json } = await desk.json(["plan", other, ...flags]);
    const [plan, digest] = [dig(json, "data.plan.id"), dig(json, "data.plan.digest")];
    const at = "2026-11-30T09:10:00.000Z";
    tampered(
      state,
      `insert into approval values ('${String(plan)}', '${JSON.stringify({ plan, digest, by: "max", at })}');
       insert into outbox values ('${other}/${String(plan)}/decision/${at}', 999, '{}', 1)`,
    );
    const run = await desk.json(["run", other, "--confirm", other, ...flags]);
    expect([run.code, dig(run.json, "error.code")]).toEqual([3, "NOT_APPROVED"]);
    expect(desk.read("data/crews.csv")).toContain("lotte@regatta.example");
    await desk.json(["approve", other, "--as", "olga", "--confirm", other, ...flags]);
    expect((await desk.json(["run", other, "--confirm", other, ...flags])).code).toBe(0);
    expect(desk.read("data/crews.csv")).not.toContain("lotte@regatta.example");
  });
});

describe("a report", () => {
  it("is written whole, with its hash, the page beside the signed file", () => {
    const said = made.report;
    expect(dig(said.json, "schema")).toBe("expunge/report/v1");
    const names = readdirSync(path.join(desk.folder, "made/report"));
    expect(names.toSorted()).toEqual(
      ["R-2026-0001.report.html", reportName].map((name) => name.replace("R-2026-0001", id)).toSorted(),
    );
    const hashes = names.map((name) =>
      createHash("sha256")
        .update(bytesOf(`made/report/${name}`))
        .digest("hex"),
    );
    expect(new Set([0, 1].map((at) => dig(said.json, `data.files.${at}.sha256`)))).toEqual(new Set(hashes));
    expect(bytesOf(`made/report/${id}.report.html`).toString()).toContain(
      createHash("sha256")
        .update(bytesOf(`made/report/${id}.report.json`))
        .digest("hex"),
    );
  });

  it("verifies on another desk by the key's file and by its text, and not by one bit less, by no key or by another key", async () => {
    const file = hand(`made/report/${id}.report.json`);
    const key = hand(".expunge/public.vkey");
    const good = await auditor.json(["proof", "verify", file, "--key", key]);
    expect(checksOf(good.json)).toEqual([
      "key true",
      "signature true",
      "form true",
      "checkpoint true",
      "inclusion true",
      "entries true",
      "summary true",
    ]);
    expect([good.code, dig(good.json, "data.ok")]).toEqual([0, true]);
    expect(
      (await auditor.json(["proof", "verify", file, "--key", bytesOf(".expunge/public.vkey").toString().trim()])).code,
    ).toBe(0);
    const flipped = hand(`made/report/${id}.report.json`, (bytes) =>
      Buffer.from(bytes.map((byte, at) => (at === 200 ? byte ^ 1 : byte))),
    );
    const bad = await auditor.json(["proof", "verify", flipped, "--key", key]);
    expect([bad.code, dig(bad.json, "ok"), dig(bad.json, "data.ok"), dig(bad.json, "error")]).toEqual([
      2,
      false,
      false,
      undefined,
    ]);
    expect((await auditor.json(["proof", "verify", file])).code).toBe(2);
    const other = hand(".expunge/public.vkey", (bytes) =>
      Buffer.from(bytes.toString().replace(/^[^+]+/u, "example.org/other")),
    );
    expect((await auditor.json(["proof", "verify", file, "--key", other])).code).toBe(2);
  });

  it("verifies where the workspace is, without a key being named", async () =>
    expect((await desk.json(["proof", "verify", `made/report/${id}.report.json`])).code).toBe(0));

  it("refuses formats that are not built, formats that are none, and requests that the ledger does not know", async () => {
    for (const [args, code] of [
      [["report", id, "--format", "pdf"], "FORMAT_NOT_BUILT"],
      [["report", id, "--format", "json,csv"], "FORMAT_NOT_BUILT"],
      [["report", id, "--format", "docx"], "USAGE"],
      [["report", "R-2026-9999"], "NO_SUCH_REQUEST"],
      [["report", "../../x"], "NO_SUCH_REQUEST"],
    ] as const) {
      const said = await desk.json(args);
      expect([said.code, dig(said.json, "error.code")]).toEqual([64, code]);
    }
    expect(readdirSync(desk.folder)).not.toContain("report");
  });
});

describe("the page of a signed file", () => {
  const pageIn = (folder: string): string =>
    readFileSync(path.join(auditor.folder, folder, `${id}.report.html`), "utf8");

  it("is made again on another desk, after the file was checked, and says of an unchecked one that nobody did", async () => {
    const file = hand(`made/report/${id}.report.json`);
    const key = hand(".expunge/public.vkey");
    const said = await auditor.json(["report", "--from", file, "--key", key, "--out", "again"]);
    expect([said.code, dig(said.json, "data.files.0.path"), dig(said.json, "warnings")]).toEqual([
      0,
      `again/${id}.report.html`,
      [],
    ]);
    const again = pageIn("again");
    for (const said of [
      "1 record erased",
      createHash("sha256")
        .update(bytesOf(`made/report/${id}.report.json`))
        .digest("hex"),
    ])
      expect(again.includes(said), said).toBe(true);
    // but for the name of the file and the map's words it is the page that was made first
    const body = (page: string): string =>
      page.replaceAll(/<h2>The rules in words<[^]*?(?=<h2>)/gu, "").replaceAll(file, `${id}.report.json`);
    expect(body(again)).toBe(body(bytesOf(`made/report/${id}.report.html`).toString()));
    const unchecked = await auditor.json(["report", "--from", file, "--out", "unchecked"]);
    expect([unchecked.code, String(dig(unchecked.json, "warnings.0"))]).toEqual([
      0,
      expect.stringContaining("Nobody has checked"),
    ]);
    expect(pageIn("unchecked").includes("Nobody has checked the file")).toBe(true);
  });

  it("is not made of a changed file, of another key's, of no report, or of a period", async () => {
    const key = hand(".expunge/public.vkey");
    const flipped = hand(`made/report/${id}.report.json`, (bytes) =>
      Buffer.from(bytes.map((byte, at) => (at === 200 ? byte ^ 1 : byte))),
    );
    for (const [args, code] of [
      [["report", "--from", flipped, "--key", key], "PROOF_INVALID"],
      [["report", "--from", hand("made/ledger.json"), "--key", key], "PROOF_INVALID"],
      [["report", "--from", hand("made/ledger.json")], "PROOF_INVALID"],
      [["report", "--from", "2026-01-01"], "OPTION_NOT_BUILT"],
      [["report", "--from", "nowhere-zora"], "USAGE"],
      [["report", "R-2026-0001", "--from", flipped], "USAGE"],
      [["report"], "USAGE"],
    ] as const) {
      const said = await auditor.json([...args, "--out", "refused"]);
      expect([dig(said.json, "error.code"), said.out.includes("zora")]).toEqual([code, false]);
    }
    expect(readdirSync(auditor.folder)).not.toContain("refused");
  });

  it("has the words of the map that was approved, and none of another", async () => {
    const page = async (): Promise<string> => {
      const out = `words-${desk.said.length}`;
      await desk.json(["report", id, "--out", out]);
      return desk.read(`${out}/${id}.report.html`);
    };
    const map = desk.read("datamap.yaml");
    expect((await page()).includes("Remove the rows of crews in boats")).toBe(true);
    // a comment changes no word
    desk.file("datamap.yaml", `# looked at\n${map}`);
    expect((await page()).includes("Remove the rows of crews in boats")).toBe(true);
    desk.file("datamap.yaml", map.replace("crews.csv", "sailors.csv"));
    const other = await page();
    expect([other.includes("Remove the rows"), other.includes("is not the one that was approved")]).toEqual([
      false,
      true,
    ]);
    desk.file("datamap.yaml", map);
  });
});

describe("names", () => {
  it("stand in an annex that is not signed, and nowhere else", async () => {
    const said = await desk.json(["report", id, "--names", "--out", "named"]);
    expect(dig(said.json, "data.files.2.path")).toBe(`named/${id}.names.txt`);
    const signed = Buffer.from(
      String(dig(JSON.parse(desk.read(`named/${id}.report.json`)), "payload")),
      "base64",
    ).toString();
    const [, actor = ""] =
      /(a_[0-9a-f]{32}) {2}approved the plan {2}olga/u.exec(desk.read(`named/${id}.names.txt`)) ?? [];
    expect([signed.includes(actor), actor === "", signed.includes("olga")]).toEqual([true, false, false]);
    const page = desk.read(`named/${id}.report.html`);
    expect(["Annex, not signed", "<td>olga</td>"].map((text) => page.includes(text))).toEqual([true, true]);
    expect(bytesOf(`made/report/${id}.report.html`).includes("olga")).toBe(false);
  });
});

describe("what was signed", () => {
  it("is shown of every kind of file that holds, in words and as JSON, and of none that does not", async () => {
    const key = hand(".expunge/public.vkey");
    for (const name of ["made/ledger.json", "made/one.tlog-proof", "made/head.txt", `made/report/${id}.report.json`]) {
      const shown = await auditor.json(["proof", "verify", hand(name), "--key", key, "--show"]);
      expect([shown.code, String(dig(shown.json, "data.signed.checkpoint")).split("\n")[0]]).toEqual([
        0,
        bytesOf("made/head.txt").toString().split("\n")[0],
      ]);
      expect(
        dig((await auditor.json(["proof", "verify", hand(name), "--key", key])).json, "data.signed"),
      ).toBeUndefined();
    }
    const words = await auditor.cli([
      "proof",
      "verify",
      hand(`made/report/${id}.report.json`),
      "--key",
      key,
      "--show",
      "--plain",
    ]);
    for (const said of ["What was signed:", "sentence: 1 record erased", "type: target.result", "deleted: 1"])
      expect(words.out.includes(said), said).toBe(true);
    const flipped = hand(`made/report/${id}.report.json`, (bytes) =>
      Buffer.from(bytes.map((byte, at) => (at === 200 ? byte ^ 1 : byte))),
    );
    const bad = await auditor.json(["proof", "verify", flipped, "--key", key, "--show"]);
    expect([bad.code, dig(bad.json, "data.signed")]).toEqual([2, undefined]);
  });
});

describe("exports and heads", () => {
  it("verify on another desk, and against each other as known heads", async () => {
    const key = hand(".expunge/public.vkey");
    expect([dig(made.head.json, "data.checkpoint"), dig(made.head.json, "data.vkey")]).toEqual([
      bytesOf("made/head.txt").toString(),
      bytesOf(".expunge/public.vkey").toString().trim(),
    ]);
    expect(dig(made.ledger.json, "data.files.0.sha256")).toBe(
      createHash("sha256").update(bytesOf("made/ledger.json")).digest("hex"),
    );
    expect(dig(made.proof.json, "data.files.0.sha256")).toBe(
      createHash("sha256").update(bytesOf("made/one.tlog-proof")).digest("hex"),
    );
    for (const name of ["made/ledger.json", "made/one.tlog-proof", "made/head.txt", `made/report/${id}.report.json`]) {
      const known = [
        "made/ledger.json",
        "made/one.tlog-proof",
        "made/head.txt",
        `made/report/${id}.report.json`,
      ].flatMap((one) => ["--known", hand(one)]);
      const said = await auditor.json(["proof", "verify", hand(name), "--key", key, ...known]);
      expect([said.code, checksOf(said.json).filter((check) => check.startsWith("known"))]).toEqual([
        0,
        ["known 1 true", "known 2 true", "known 3 true", "known 4 true"],
      ]);
    }
  });

  it("show a rollback: the ledger of yesterday against today's head", async () => {
    const key = hand(".expunge/public.vkey");
    const yesterday = hand("made/ledger.json");
    await desk.open({ email: "lotte@regatta.example" });
    await desk.json(["proof", "checkpoint", "--out", "made/today.txt"]);
    expect((await auditor.json(["proof", "verify", yesterday, "--key", key])).code).toBe(0);
    const said = await auditor.json(["proof", "verify", yesterday, "--key", key, "--known", hand("made/today.txt")]);
    expect([said.code, said.out.includes("ROLLBACK")]).toEqual([2, true]);
    const report = await auditor.json([
      "proof",
      "verify",
      hand(`made/report/${id}.report.json`),
      "--key",
      key,
      "--known",
      hand("made/today.txt"),
    ]);
    expect([report.code, dig(report.json, "warnings.0")]).toEqual([0, expect.stringContaining("is newer")]);
  });

  it("that cannot be read are a finding, that are not there a mistyped command; no path is repeated", async () => {
    auditor.file("odd", "hello");
    const key = hand(".expunge/public.vkey");
    expect((await auditor.json(["proof", "verify", "odd", "--key", key])).code).toBe(2);
    for (const args of [
      ["nowhere-zora", "--key", key],
      ["odd", "--key", "nowhere-zora"],
      ["odd", "--key", key, "--known", "nowhere-zora"],
    ]) {
      const said = await auditor.json(["proof", "verify", ...args]);
      expect([said.code, said.out.includes("zora")]).toEqual([64, false]);
    }
    expect((await auditor.json(["proof", "checkpoint"])).code).toBe(64);
  });

  it("hold no identifier of the person in any of them", () => {
    for (const name of [
      "made/ledger.json",
      "made/one.tlog-proof",
      `made/report/${id}.report.json`,
      `made/report/${id}.report.html`,
    ])
      expect(bytesOf(name).toString().toLowerCase()).not.toMatch(/zora|kmet|regatta/u);
  });
});
