import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Flags } from "@oclif/core";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";
import { EXIT, type ExitCode, Failure } from "../src/errors.ts";

/** The one whom everything is about. She is made up. */
const EMAIL = "mara.winter@example.com";
const HERS = /mara\.winter@example\.com|Kaiufer 9|(?<!\d)412(?!\d)/iu;
const FILES = ["lists/newsletter.csv", "app/events.jsonl"];
const SHOP = ["shop.db", "shop.db-wal", "shop.db-shm", ...FILES];

/** A command of the way: its id, and its arguments but for the places. */
interface Step {
  readonly title: string;
  readonly id: string;
  readonly args: readonly string[];
  readonly exit?: ExitCode;
}

export default class Demo extends BaseCommand {
  static override summary =
    "Erase somebody who is made up from a small shop, from the first step to the checked proof. No server, no set-up.";
  static override description =
    "Makes a folder with a shop in SQLite, CSV and JSON Lines and a data map for it, and runs the real commands there, one after the other. Nothing outside that folder is touched.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --keep"];
  static override flags = {
    keep: Flags.boolean({ summary: "Leave the shop too, to go on by hand." }),
    dir: Flags.string({
      helpValue: "DIR",
      summary: "Make it in this folder, which must be empty or not there, and leave it.",
    }),
  };

  protected override async work(session: Session): Promise<Answer> {
    const { flags } = await this.parse(Demo);
    const { tone } = session;
    const { linesOf, makeDatabase } = await import("../connectors/sqlite/demo-database.ts");
    const { shipped } = await import("../src/package-files.ts");
    const { demoScreen, demoStep } = await import("../src/terminal/demo-screen.ts");
    const folder = folderFor(flags.dir);
    try {
      cpSync(shipped("manifests", "demo"), folder, { recursive: true });
      cpSync(shipped("manifests", "datamap.schema.json"), join(folder, "datamap.schema.json"));
      makeDatabase(join(folder, "shop.db"), readFileSync(join(folder, "shop.sql"), "utf8"));
      const before = SHOP.map((file) => timesIn(join(folder, file)));
      const everybody = () => [
        ...linesOf(join(folder, "shop.db")),
        ...FILES.flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n")),
      ];
      const others = everybody().filter((line) => !HERS.test(line));
      session.say(`A small shop is in ${folder}: 302 customers in SQLite, a newsletter in CSV, events in JSON Lines.`);
      const quiet = {
        ...session,
        tone: { ...tone, json: false },
        asking: { possible: false, signal: session.signal },
        say: () => {},
      };
      const run = async (step: Step): Promise<Answer> => {
        const answer = await this.answerOf(step.id, [...step.args, ...placesOf(step, folder)], quiet);
        session.say(
          demoStep(
            step.title,
            [step.id.replaceAll(":", " "), ...step.args].join(" ").replaceAll(`${folder}/`, ""),
            answer.human,
            tone.plain,
          ),
        );
        if ((answer.exit ?? EXIT.done) !== (step.exit ?? EXIT.done))
          throw new Failure("UNEXPECTED", `the demo's \`${step.id}\` ended with ${answer.exit ?? 0}`);
        return answer;
      };
      const request = await walk(run, folder);
      const sights = SHOP.map((file, at) => ({
        file,
        before: before[at] ?? 0,
        after: timesIn(join(folder, file)),
      })).filter(({ before: then, after }) => then + after > 0);
      const still = new Set(everybody());
      const changed = others.filter((line) => !still.has(line)).length;
      const kept = flags.keep || flags.dir !== undefined;
      if (!kept) removeShop(folder);
      const told = { folder, request, sights, others: { lines: others.length, changed }, kept };
      return {
        data: told,
        human: demoScreen(told, tone.plain),
        exit: changed > 0 || sights.some(({ after }) => after > 0) ? EXIT.findings : EXIT.done,
        next: [
          `expunge proof verify ${join(folder, "report", `${request}.report.json`)} --key ${join(folder, "public.vkey")}`,
        ],
      };
    } catch (error) {
      if (flags.dir === undefined) rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

/** The whole way; the request's id. */
async function walk(run: (step: Step) => Promise<Answer>, folder: string): Promise<string> {
  await run({
    title: "The data map says where copies of a person lie and what happens to them",
    id: "map:lint",
    args: [],
  });
  await run({ title: "A workspace: keys, state and ledger", id: "init", args: [] });
  const person = join(folder, "person.json");
  const opened = await run({
    title: "Mara Winter asks to be erased; her e-mail address is sealed",
    id: "request:new",
    args: ["--subject-file", person],
  });
  const id = /R-\d{4}-\d{4,}/u.exec(JSON.stringify(opened.data))?.[0] ?? "";
  rmSync(person);
  await run({ title: "It is really her", id: "request:identity", args: [id, "--method", "login", "--result", "ok"] });
  await run({ title: "Everything is searched, read-only: what would go, what stays, and why", id: "plan", args: [id] });
  await run({ title: "A person signs exactly that", id: "approve", args: [id, "--confirm", id] });
  await run({ title: "The planned records are erased, and no other", id: "run", args: [id, "--confirm", id] });
  await run({
    title: "Everything is searched again; what SQLite keeps for a while is purged",
    id: "verify",
    args: [id, "--purge"],
  });
  await run({ title: "The proof, from the ledger alone", id: "report", args: [id, "--out", join(folder, "report")] });
  cpSync(join(folder, ".expunge", "public.vkey"), join(folder, "public.vkey"));
  const [report, key, altered] = [
    join(folder, "report", `${id}.report.json`),
    join(folder, "public.vkey"),
    join(folder, "altered.json"),
  ];
  await run({
    title: "Anyone can check it, with nothing but the report and the public key",
    id: "proof:verify",
    args: [report, "--key", key],
  });
  writeFileSync(altered, alteredBytes(report));
  await run({
    title: "The same with one byte changed",
    id: "proof:verify",
    args: [altered, "--key", key],
    exit: EXIT.findings,
  });
  rmSync(altered);
  return id;
}

/** An empty folder. Throws USAGE where there is something in it. */
function folderFor(dir: string | undefined): string {
  if (dir === undefined) return mkdtempSync(join(tmpdir(), "expunge-demo-"));
  const folder = resolve(dir);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Failure("USAGE", "the folder of --dir is not empty", {
      help: "Name one that is empty, or not there yet.",
    });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Where the command works: everything is in the demo's folder. */
function placesOf({ id }: Step, folder: string): readonly string[] {
  const places = ["--map", join(folder, "datamap.yaml"), "--workspace", join(folder, ".expunge"), "--no-input"];
  return ["init", "map:lint", "proof:verify", "report"].includes(id) ? places : [...places, "--as", "demo"];
}

/** How often her address stands in a file's bytes, in any case. */
function timesIn(path: string): number {
  if (!existsSync(path)) return 0;
  return readFileSync(path, "latin1").toLowerCase().split(EMAIL).length - 1;
}

/** In the signed payload, a letter that is another letter then. */
function alteredBytes(path: string): Buffer {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
  return bytes;
}

function removeShop(folder: string): void {
  for (const name of [".expunge", "app", "lists", "shop.sql", ...SHOP])
    rmSync(join(folder, name), { recursive: true, force: true });
}
