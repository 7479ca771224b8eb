/**
 * `npm run demo`: a small online shop on real servers, and one person erased from all of it, as a user would do it.
 * `--keep` leaves the shop running. Everything is made for this run and removed at its end, but for the report.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { days } from "./demo-days.ts";
import { isBuilt, PROGRAM, runProgram } from "./program.ts";
import { openRun, type Run } from "./servers/run.ts";
import { compare, type Place } from "./shop/compare.ts";
import { lifeCyclePeople, MARA } from "./shop/people.ts";
import { openShop, type Shop } from "./shop/shop.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Where the report stays; git does not look at it. */
const KEPT = join(ROOT, ".cache/demo");
const PEOPLE = 2_000;
const TODAY = new Date().toISOString().slice(0, 10);
const LATER = lifeCyclePeople(TODAY);

let withinLine = false;
const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
  if (!isBuilt()) {
    say("The program is not built yet: npm run build");
    process.exitCode = 1;
    return;
  }
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "expunge-demo-"));
  let run: Run | undefined;
  let shop: Shop | undefined;
  try {
    title(
      `A small online shop with ${PEOPLE.toLocaleString("en")} people is being set up (the first time its servers are downloaded)`,
    );
    run = await openRun();
    shop = await unlessStopped(
      openShop({
        folder: join(folder, "shop"),
        count: PEOPLE,
        also: Object.values(LATER),
        mayMiss: true,
        progress: (line) => say(`  ${line}`),
      }),
    );
    for (const { system, why } of shop.missing) say(`  left out: ${system} (${why})`);
    say(`  ready after ${seconds(begun)} s`);
    const done = (await walk(shop, folder)) && (await later(shop, join(folder, "days")));
    say(`\n${done ? "Done" : "Stopped"} after ${seconds(begun)} s.`);
    if (!stop.signal.aborted) process.exitCode = done ? 0 : 1;
    if (values.keep && !stop.signal.aborted) await keep(shop);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await shop?.close();
    await run?.close();
    rmSync(folder, { recursive: true, force: true });
    say("Cleaned up: servers stopped, temporary files removed.");
    if (stop.signal.aborted) process.exit(process.exitCode ?? 130); // whatever was being started is not waited for
  }
}

/** What the work gives; throws as soon as the demo is stopped, and lets the work come to nothing. */
async function unlessStopped<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  const stopped = new Promise<never>((_, fail) =>
    stop.signal.addEventListener("abort", () => fail(new Error("stopped")), { once: true }),
  );
  return await Promise.race([work, stopped]);
}

type Expunge = (args: string, more?: { cwd?: string; stdin?: string; exit?: number }) => Promise<string | null>;

/** True when every command ended as it should and other clients agree with what was said. */
async function walk(shop: Shop, folder: string): Promise<boolean> {
  const before = await shop.dump();
  title(`One of them, ${MARA.name}, asks to be erased. (She is made up, like everyone here.)`);
  const subject = { email: MARA.email, ...(shop.postgres === undefined ? { customer_id: String(MARA.id) } : {}) };
  writeFileSync(join(shop.folder, "subject.json"), `${JSON.stringify(subject)}\n`, { mode: 0o600 });

  /** What the command said; null where it did not end as it should, or where the demo is stopped. */
  const expunge: Expunge = async (args, more = {}) => {
    if (stop.signal.aborted) return null;
    say(`\n${bold(`$ expunge ${args}${more.stdin === undefined ? "" : ` < ${more.stdin}`}`)}`);
    const cwd = more.cwd ?? shop.folder;
    const stdin = more.stdin === undefined ? "" : readFileSync(join(cwd, more.stdin), "utf8");
    const env = { ...(more.cwd === undefined ? shop.secrets : {}), EXPUNGE_ACTOR: "demo" };
    const { output, exit } = await runProgram(args.split(" "), { cwd, stdin, env, hear });
    if (exit === (more.exit ?? 0)) return output;
    say(`  (exit ${exit})`);
    return null;
  };
  const reported = (await erase(expunge)) && (await prove(expunge, shop, join(folder, "elsewhere")));
  if (stop.signal.aborted) return false;

  const { places, othersSame, changed } = compare(before, await shop.dump());
  title(`What other clients see of ${MARA.name}, not asking expunge`);
  show(places);
  say(
    `\n  everyone else's data: ${othersSame.toLocaleString("en")} lines as they were, ${changed.length} changed or gone${changed.length > 0 ? ` (${[...new Set(changed)].join(", ")})` : ""}`,
  );
  const held = places.find(({ name }) => name === "shop: invoices")?.left ?? [];
  if (reported && held.length > 0)
    say(`  what the report says is kept, and why (the law wants invoices kept):\n    ${held.join("\n    ")}`);
  if (reported) whereToLook();
  const astray = places.filter(({ name, left }) => left.length > 0 && name !== "shop: invoices");
  return reported && changed.length === 0 && astray.length === 0 && held.length <= 1;
}

/** What follows when nobody is in a hurry; needs the database, which leads to everything else. */
async function later(shop: Shop, folder: string): Promise<boolean> {
  if (shop.postgres === undefined || stop.signal.aborted) return true;
  return await days({
    shop,
    folder,
    people: LATER,
    day: TODAY,
    title,
    say,
    async expunge(args, { cwd, now, stdin, silent = false, exits = [0] }) {
      if (stop.signal.aborted) return null;
      say(`\n${bold(`${now.slice(0, 10)} $ expunge ${args}${stdin === undefined ? "" : ` < ${stdin}`}`)}`);
      const { output, exit } = await runProgram(args.split(" "), {
        cwd,
        stdin: stdin === undefined ? "" : readFileSync(join(cwd, stdin), "utf8"),
        env: { ...shop.secrets, EXPUNGE_ACTOR: "demo", EXPUNGE_NOW: now },
        ...(silent ? {} : { hear }),
      });
      if (exits.includes(exit)) return output;
      if (silent) hear(output);
      say(`  (exit ${exit})`);
      return null;
    },
  });
}

async function erase(expunge: Expunge): Promise<boolean> {
  if ((await expunge("map lint")) === null || (await expunge("init")) === null) return false;
  const id = /R-\d{4}-\d{4,}/u.exec(
    (await expunge("request new --subject-file -", { stdin: "subject.json" })) ?? "",
  )?.[0];
  if (id === undefined) return false;
  const path = [
    `request identity ${id} --method login --result ok`,
    `plan ${id}`,
    `approve ${id} --confirm ${id}`,
    `run ${id} --confirm ${id}`,
    `verify ${id}`,
    `report ${id} --format json,html --out report`,
  ];
  for (const args of path) if ((await expunge(args)) === null) return false;
  return true;
}

/** Checks the report where nothing else is, then with one byte changed; leaves what there is to look at in KEPT. */
async function prove(expunge: Expunge, shop: Shop, elsewhere: string): Promise<boolean> {
  title("Anyone can check the report: in another folder, with nothing but the report and the public key");
  const written = join(shop.folder, "report");
  const names = readdirSync(written);
  const report = names.find((name) => name.endsWith(".json"));
  if (report === undefined) return false;
  mkdirSync(elsewhere);
  copyFileSync(join(written, report), join(elsewhere, report));
  copyFileSync(join(shop.folder, ".expunge/public.vkey"), join(elsewhere, "public.vkey"));
  if ((await expunge(`proof verify ${report} --key public.vkey`, { cwd: elsewhere })) === null) return false;
  say("\nOne byte of it changed:");
  flipByte(join(elsewhere, report), join(elsewhere, "altered.json"));
  if ((await expunge("proof verify altered.json --key public.vkey", { cwd: elsewhere, exit: 2 })) === null)
    return false;

  rmSync(KEPT, { recursive: true, force: true });
  mkdirSync(KEPT, { recursive: true });
  for (const name of names) copyFileSync(join(written, name), join(KEPT, name));
  copyFileSync(join(elsewhere, "public.vkey"), join(KEPT, "public.vkey"));
  copyFileSync(shop.map, join(KEPT, "datamap.yaml"));
  return true;
}

function whereToLook(): void {
  title("Where to look");
  const at = relative(process.cwd(), KEPT) || ".";
  const names = readdirSync(KEPT);
  for (const name of names) say(`  ${join(at, name)}`);
  const report = names.find((name) => name.endsWith(".json")) ?? "";
  say(`  check it again: npx expunge proof verify ${join(at, report)} --key ${join(at, "public.vkey")}`);
}

/** What the program says, indented; it comes in pieces that may end within a line. */
function hear(text: string): void {
  if (text === "") return;
  process.stdout.write((withinLine ? "" : "  ") + text.replaceAll(/\n(?=[^\n])/gu, "\n  "));
  withinLine = !text.endsWith("\n");
}

async function keep(shop: Shop): Promise<void> {
  const env = join(shop.folder, "env.sh");
  const lines = Object.entries(shop.secrets).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(env, `${lines.join("\n")}\n`, { mode: 0o600 });
  title("The shop keeps running. To go on by hand, in another terminal:");
  say(`  cd ${shop.folder} && . ./env.sh`);
  say(`  alias expunge='${process.execPath} ${PROGRAM}'`);
  say(`  echo '{"email":"mara.winter@mail.example"}' | expunge request new --subject-file -    # another Mara Winter`);
  if (shop.postgres !== undefined) say(`  psql ${shop.postgres.adminUrl}`);
  if (shop.elasticsearch !== undefined)
    say(`  curl '${shop.elasticsearch.url}/${shop.elasticsearch.customers}/_search?pretty&q=customer_id:421'`);
  if (shop.s3 !== undefined)
    say(
      `  S3 at ${shop.s3.server.endpoint}, bucket ${shop.s3.bucket}, keys ${shop.s3.server.accessKeyId} / ${shop.s3.server.secretAccessKey}`,
    );
  say(`  less ${join(shop.marketing, "lists")}/*.csv`);
  say("\nCtrl-C here stops everything and cleans up.");
  const awake = setInterval(() => {}, 60_000);
  await new Promise((done) => stop.signal.addEventListener("abort", done, { once: true }));
  clearInterval(awake);
}

function show(places: readonly Place[]): void {
  const width = Math.max(...places.map(({ name }) => name.length));
  say(`  ${"".padEnd(width)}  before  after`);
  for (const { name, before, left } of places)
    say(`  ${name.padEnd(width)}  ${String(before).padStart(6)}  ${String(left.length).padStart(5)}`);
}

/** In the signed payload, a letter that is another letter then. */
function flipByte(from: string, to: string): void {
  const bytes = readFileSync(from);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
  writeFileSync(to, bytes);
}

function title(text: string): void {
  say(`\n${bold(text)}`);
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\u001B[1m${text}\u001B[22m` : text;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
