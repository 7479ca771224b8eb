import { basename, join } from "node:path";
import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, optionalIdArg, type Session } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import { sealLedger } from "../src/executor/seal-ledger.ts";
import { audit } from "../src/ledger/audit.ts";
import type { ReportPayload } from "../src/ledger/report-file.ts";
import type { DataMap } from "../src/model/datamap.ts";
import { looksLikeIdentifier } from "../src/model/identifier-like.ts";
import { eventWords, plainState } from "../src/model/words.ts";
import { bytesOf, publicKey } from "../src/proof-input.ts";
import type { MapWords } from "../src/reports/map-words.ts";
import { type Beside, type NamedAct, reportPage } from "../src/reports/page.ts";
import { expiredWords, reportFile, reportOf, summaryHolds, unchecked } from "../src/reports/report.ts";
import { summarise } from "../src/reports/summary.ts";
import type { Workspace } from "../src/workspace.ts";
import { vkeyFile } from "../src/workspace-place.ts";
import { writeWhole, type WrittenFile } from "../src/write-whole.ts";

const BUILT = ["json", "html"];
const PLANNED = ["pdf", "csv"];

export default class Report extends BaseCommand {
  static override summary = "The proof of erasure of a request: a signed file, and a page to read beside it.";
  static override description =
    "It is made of the ledger's entries about the request and holds no personal data. The page is a view; what is signed is the JSON, which is therefore always written too. With --from the page of a signed file is made again, without a workspace.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> R-2026-0001 --format json,html --out report",
    "<%= config.bin %> <%= command.id %> --from R-2026-0001.report.json --key public.vkey",
  ];
  static override args = { id: optionalIdArg };
  static override flags = {
    format: Flags.string({ helpValue: "json,html", default: "json,html", summary: "What to write." }),
    out: Flags.string({ helpValue: "DIR", default: "report", summary: "Folder to write into." }),
    names: Flags.boolean({
      summary: "Add an annex, not signed, that says who did what, by name. It is for the controller's own eyes.",
    }),
    from: Flags.string({ helpValue: "FILE", summary: "Make the page of this signed report again." }),
    key: Flags.string({
      helpValue: "VKEY",
      dependsOn: ["from"],
      summary: "With --from: the public key, its text or a file. Default: the workspace's own.",
    }),
  };

  protected override async work(session: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Report);
    const formats = formatsOf(flags.format);
    if (flags.from !== undefined) return await again(flags.from, { ...flags, id: args.id });
    const { openWorkspace } = await import("../src/workspace.ts");
    if (args.id === undefined) throw new Failure("USAGE", "missing: ID, or --from FILE");
    await using workspace = await openWorkspace(flags, { registry, signal: session.signal, deadlines: false });
    const { ledger, state } = workspace;
    await sealLedger(state, ledger, () => {});
    const disclosure = await ledger.entriesOf(args.id);
    const payload = reportOf(disclosure, {
      request: args.id,
      generatedAt: workspace.now(),
      tool: `expunge@${this.config.version}`,
    });
    const name = `${args.id}.report.json`;
    const file = writeWhole(
      join(flags.out, name),
      reportFile(payload, (type, bytes) => ledger.seal(type, bytes)),
    );
    const names = flags.names ? await whoDidWhat(args.id, workspace) : undefined;
    const annex =
      names === undefined ? [] : [writeWhole(join(flags.out, `${args.id}.names.txt`), annexText(args.id, names))];
    const words = formats.includes("html") ? await wordsFor(payload, async () => await workspace.dataMap()) : undefined;
    const today = formats.includes("html")
      ? await dayAtController(args.id, payload.generated_at, workspace)
      : undefined;
    const page = { signed: { name, sha256: file.sha256 }, words, today, ...(names === undefined ? {} : { names }) };
    const pages = formats.includes("html")
      ? [writeWhole(join(flags.out, `${args.id}.report.html`), reportPage(payload, page))]
      : [];
    return {
      ...told([file, ...pages, ...annex]),
      warnings: expiredWords(disclosure.expired),
      next: [`expunge proof verify ${join(flags.out, name)} --key ${vkeyFile(flags)}`],
    };
  }
}

interface Again {
  readonly id: string | undefined;
  readonly out: string;
  readonly map: string;
  readonly workspace: string;
  readonly keys?: string | undefined;
  readonly names: boolean;
  readonly key?: string | undefined;
}

/** The page of a signed file. Throws PROOF_INVALID, and writes nothing, where the file is not what was signed. */
async function again(from: string, { id, out, map, workspace, keys, names, key }: Again): Promise<Answer> {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(from))
    throw new Failure("OPTION_NOT_BUILT", "reports of a period are not built yet; --from takes a signed report");
  if (id !== undefined) throw new Failure("USAGE", "give an id, or a file with --from, not both");
  if (names) throw new Failure("USAGE", "--names wants the workspace's own records: leave --from out");
  const bytes = bytesOf(from, "--from");
  const vkey = publicKey(key, { workspace, keys });
  const payload = vkey === undefined ? unchecked(bytes) : checked(bytes, vkey);
  if (!/^[RD]-\d{4}-\d{4,8}$/u.test(payload.request)) throw new Failure("PROOF_INVALID", "the report names no request");
  const name = looksLikeIdentifier(basename(from)) ? `${payload.request}.report.json` : basename(from);
  const { createHash } = await import("node:crypto");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const words = await wordsFor(payload, async () => {
    const { openMap } = await import("../src/workspace.ts");
    const { validMap } = await import("../src/map-file.ts");
    return validMap(await openMap({ map }, registry, new Date(), false));
  });
  const unread = "Nobody has checked the file that this page was made from: there was no public key to check it with.";
  const page: Beside = { signed: { name, sha256 }, words, ...(vkey === undefined ? { notice: unread } : {}) };
  const file = writeWhole(join(out, `${payload.request}.report.html`), reportPage(payload, page));
  return { ...told([file]), warnings: vkey === undefined ? [`${unread} Give one with --key.`] : [] };
}

function checked(bytes: Uint8Array, key: string): ReportPayload {
  const { checks, report } = audit(bytes, { key });
  const failed = checks.find((check) => !check.ok);
  if (failed !== undefined || report === undefined)
    throw new Failure("PROOF_INVALID", failed?.detail ?? "the file is no report");
  if (!summaryHolds(report))
    throw new Failure("PROOF_INVALID", "SUMMARY: the summary says something else than the entries");
  return report;
}

/** Undefined where the map at hand cannot be read, or is not the one that was approved: the page does without. */
async function wordsFor(payload: ReportPayload, map: () => Promise<DataMap>): Promise<MapWords | undefined> {
  const { wordsOf } = await import("../src/requests/map-words.ts");
  try {
    return wordsOf(await map(), summarise(payload.entries.map(({ core }) => core)).approval);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** By the zone that was noted when the request was opened, else by the data map's; undefined where there is neither. */
async function dayAtController(id: string, instant: string, workspace: Workspace): Promise<string | undefined> {
  const { civilDateOf } = await import("../src/retention/civil-date.ts");
  try {
    const { timezone = (await workspace.dataMap()).controller.calendar.timezone } =
      await workspace.state.read.requests.get(id);
    return civilDateOf(new Date(instant), timezone);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function whoDidWhat(id: string, workspace: Workspace): Promise<readonly NamedAct[]> {
  const { namesOf } = await import("../src/requests/names-of.ts");
  const { read } = workspace.state;
  return await namesOf(read, await read.requests.get(id), (name) => workspace.actorIdOf(name));
}

function annexText(id: string, names: readonly NamedAct[]): string {
  const lines = names.map(({ at, did, result, name, actor }) =>
    [
      at,
      actor,
      `${eventWords(did)}${result === undefined ? "" : `: ${plainState(result)}`}`,
      name.replaceAll(/\p{Cc}/gu, " "),
    ].join("  "),
  );
  return [`Annex to the report of ${id}, not signed: who did what, by name.`, ...lines, ""].join("\n");
}

function told(files: readonly WrittenFile[]): Pick<Answer, "data" | "human"> {
  return { data: { files }, human: files.map((one) => `${one.path}\n  sha256 ${one.sha256}`).join("\n") };
}

/** Throws FORMAT_NOT_BUILT, and USAGE for what is no format at all. */
function formatsOf(typed: string): readonly string[] {
  const formats = typed.split(",").map((format) => format.trim());
  const planned = PLANNED.find((format) => formats.includes(format));
  if (planned !== undefined)
    throw new Failure("FORMAT_NOT_BUILT", `reports as ${planned} are not built yet; there are ${BUILT.join(" and ")}`);
  if (formats.some((format) => !BUILT.includes(format)))
    throw new Failure("USAGE", `--format takes ${BUILT.join(" and ")}, separated by a comma`);
  return formats;
}
