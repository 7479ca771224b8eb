import { spawn } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, openDesk } from "./support/desk.ts";

const CANARY = "Zq7canary";

const WRONG: readonly (readonly string[])[] = [
  [CANARY],
  [CANARY, "--help"],
  ["help", CANARY],
  ["request", CANARY],
  ["request", CANARY, "--help"],
  ["autocomplete", CANARY],
  ["map", "lint", CANARY],
  ["plan"],
  ["plan", "R-2026-0001", CANARY],
  ["plan", "R-2026-0001", `--${CANARY}`],
  ["plan", "R-2026-0001", `--email=${CANARY}`],
  ["plan", "R-2026-0001", "--system"],
  ["plan", "R-2026-0001", "--map", "a", "--map", CANARY],
  ["run", "R-2026-0001", "--concurrency", CANARY],
  ["run", "R-2026-0001", "--concurrency=99999"],
  ["request", "new", "--type", CANARY],
  ["request", "identity", "R-2026-0001", "--method", "letter", `--result=${CANARY}`],
  ["request", "identity", CANARY],
  ["request", "new", "--received", CANARY, "--subject-file", "subject.json"],
  ["request", "show", CANARY],
  ["explain", CANARY],
  ["init", "--origin", `${CANARY} with spaces`],
  ["status", "--due-within", CANARY],
  ["report", "R-2026-0001", "--format", CANARY],
  ["proof", "verify", CANARY],
  [`--${CANARY}`],
];

test("what was typed is never repeated, and every wrong command line ends with 64, in words and as JSON", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  desk.file("subject.json", '{"email":"ann@example.com"}');
  for (const [at, args] of WRONG.entries()) {
    const json = at % 2 === 0;
    const said = await desk.cli(json ? [...args, "--json"] : args);
    const title = said.err + args.join(" ");
    expect(said.code, title).toBe(64);
    if (json)
      expect([dig(said.json, "ok"), dig(said.json, "exit"), typeof dig(said.json, "error.code")], title).toEqual([
        false,
        64,
        "string",
      ]);
    else expect([said.out, /^error\[[A-Z_]+\] /u.test(said.err)], title).toEqual(["", true]);
    expect(`${said.out}${said.err}`.toLowerCase(), title).not.toContain(CANARY.toLowerCase());
  }
});

test("whatever looks like an identifier is refused before anything else, and not repeated", async () => {
  using desk = openDesk();
  const typed = [
    "ann.canary@example.com",
    "--email=ann.canary@example.com",
    "ann.canary%40example.com",
    "mailto:ann.canary@example.com",
    "https://shop.example/?mail=ann.canary@example.com",
    "./people/ann.canary@example.com.json",
    "see ann.canary@example.com / ticket 7",
    "+49 170 1234567",
    "--phone=+491701234567",
    "0170-1234567",
    "(415) 555-0132",
    "4915112345678",
  ];
  const places: readonly ((one: string) => readonly string[])[] = [
    (one) => [one],
    (one) => ["request", "new", one],
    (one) => ["request", "new", "--ref", one],
    (one) => ["help", one],
    (one) => [one, "--help"],
  ];
  for (const [at, one] of typed.entries()) {
    const args = places[at % places.length]?.(one) ?? [];
    const said = await desk.cli([...args, "--json"]);
    expect([said.code, dig(said.json, "error.code")], args.join(" ")).toEqual([64, "IDENTIFIER_IN_ARGUMENTS"]);
    expect(/canary|170|0132|4915/u.test(`${said.out}${said.err}`), args.join(" ")).toBe(false);
  }
});

test("dates, ids, tickets and paths are no identifiers", async () => {
  using desk = openDesk();
  mkdirSync(join(desk.folder, "home/ann@corp.example"), { recursive: true });
  const map = "home/ann@corp.example/datamap.yaml";
  expect((await desk.json(["init", "--map", map, "--workspace", "home/ann@corp.example/.expunge"])).code).toBe(0);
  for (const args of [
    ["map", "lint", "--map", map],
    ["request", "show", "R-2026-0001"],
    ["request", "list", "--workspace", "home/ann@corp.example/.expunge"],
  ]) {
    expect(dig((await desk.json(args)).json, "error.code"), args.join(" ")).not.toBe("IDENTIFIER_IN_ARGUMENTS");
  }
  desk.file("subject.json", '{"email":"ann@example.com"}');
  await desk.json(["init"]);
  for (const ref of ["12345678", "2026-11-21", "ABC/2026/17"]) {
    expect(
      (await desk.json(["request", "new", "--subject-file", "subject.json", "--ref", ref, "--received", "2026-01-31"]))
        .code,
      ref,
    ).toBe(0);
  }
});

test("suggestions name commands and flags that exist", async () => {
  using desk = openDesk();
  expect((await desk.cli(["aprove"])).err).toContain("Did you mean `expunge approve`?");
  // what it is to work on stands behind it
  expect((await desk.cli(["aprove", "R-2026-0001"])).err).toContain("Did you mean `expunge approve`?");
  expect((await desk.cli(["request", "shwo", "R-2026-0001"])).err).toContain("Did you mean `expunge request show`?");
  expect((await desk.cli(["map", "lin"])).err).toContain("Did you mean `expunge map lint`?");
  expect((await desk.cli(["plan", "R-2026-0001", "--sytem", "x"])).err).toContain("Did you mean --system?");
  expect((await desk.cli(["run", "R-2026-0001", "--concurrency", "x"])).err).toContain("--concurrency has no value");
});

test("an unexpected fault shows neither its message nor, without --verbose, where it was", async () => {
  using desk = openDesk();
  // a file where the workspace's folder should be made: the message of Node names the path
  writeFileSync(join(desk.folder, `${CANARY}.txt`), "");
  const args = ["init", "--workspace", `${CANARY}.txt`];
  const said = await desk.cli(args);
  expect([said.code, said.out]).toEqual([1, ""]);
  expect(said.err).toMatch(/^error\[UNEXPECTED\] unexpected fault \(Error EEXIST\)\n {2}help: [^\n]+\n$/u);
  const verbose = await desk.cli([...args, "--verbose"]);
  expect(verbose.err).toMatch(/\n {4}at /u);
  const json = await desk.cli([...args, "--json"]);
  expect(dig(json.json, "error.code")).toBe("UNEXPECTED");
  for (const text of [said.err, verbose.err, json.out]) expect(text).not.toContain(CANARY);
});

test("an older Node is told so in one line, with exit 1, before anything else is loaded", async () => {
  for (const version of ["20.20.2", "24.14.9", "25.1.0"]) {
    const said = await runWith(version);
    expect([version, said.code, said.out, said.err.trim().split("\n").length]).toEqual([version, 1, "", 1]);
    expect(said.err).toContain(version);
  }
  expect((await runWith("26.0.0")).out).toContain("USAGE");
});

test("--help and --version answer without a workspace; a topic alone shows its commands", async () => {
  using desk = openDesk();
  const help = await desk.cli(["--help"]);
  expect([help.code, help.err]).toEqual([0, ""]);
  for (const word of ["plan", "approve", "run", "verify", "init", "doctor", "explain"])
    expect(help.out).toContain(`\n  ${word} `);
  expect((await desk.cli(["--version"])).out).toMatch(/^expunge\/\d/u);
  const topic = await desk.cli(["request"]);
  expect([topic.code, topic.out.includes("request new")]).toEqual([0, true]);
});

test("Ctrl-C while stdin is read: 130, nothing is opened", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  const args = ["request", "new", "--subject-file", "-", "--verbose"];
  const child = spawn(process.execPath, [join(import.meta.dirname, "../bin/run.js"), ...args], {
    cwd: desk.folder,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (!err.includes("stdin") && (err + text).includes("stdin")) child.kill("SIGINT");
    err += text;
  });
  expect(await new Promise((done) => child.once("close", (code) => done(code)))).toBe(130);
  expect(err).toContain("Ctrl-C again stops now");
  expect(err).toContain("error[INTERRUPTED]");
  expect(dig((await desk.json(["request", "list"])).json, "data.requests")).toEqual([]);
});

test("nobody is asked where nobody can answer", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  const said = await desk.cli(["request", "new", "--no-input"]);
  expect([said.code, said.err.includes("--subject-file")]).toEqual([64, true]);
});

async function runWith(version: string): Promise<{ code: number | null; out: string; err: string }> {
  const pretend = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;
  const child = spawn(process.execPath, ["--import", pretend, join(import.meta.dirname, "../bin/run.js"), "--help"], {
    env: { PATH: process.env["PATH"] ?? "" },
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return await new Promise((done) => child.once("close", (code) => done({ code, out, err })));
}

test("in a clone `npx expunge` is the clone", () => {
  expect(realpathSync(join(import.meta.dirname, "../node_modules/.bin/expunge"))).toBe(
    join(import.meta.dirname, "../bin/run.js"),
  );
});
