import { join } from "node:path";
import { Args, Flags } from "@oclif/core";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import { sealLedger } from "../src/executor/seal-ledger.ts";
import { reportPage } from "../src/reports/html.ts";
import { reportFile, reportOf } from "../src/reports/report.ts";
import { writeWhole } from "../src/write-whole.ts";
import { openWorkspace } from "../src/workspace.ts";

const BUILT = ["json", "html"];
const PLANNED = ["pdf", "csv"];

export default class Report extends BaseCommand {
  static override summary = "The proof of erasure of a request: a signed file, and a page to read beside it.";
  static override description =
    "It is made of the ledger's entries about the request and holds no personal data. The page is a view; what is signed is the JSON, which is therefore always written too.";
  static override examples = ["<%= config.bin %> <%= command.id %> R-2026-0001 --format json,html --out report"];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = {
    format: Flags.string({ helpValue: "json,html", default: "json,html", summary: "What to write." }),
    out: Flags.string({ helpValue: "DIR", default: "report", summary: "Folder to write into." }),
  };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Report);
    const formats = formatsOf(flags.format);
    await using workspace = await openWorkspace(flags, { signal });
    const { ledger, state } = workspace;
    await sealLedger(state, ledger, () => {});
    const payload = reportOf(ledger.entriesOf(args.id), { request: args.id, generatedAt: workspace.now(), tool: `expunge@${this.config.version}` });
    const signed = reportFile(payload, (type, bytes) => ledger.seal(type, bytes));
    const name = `${args.id}.report.json`;
    const file = writeWhole(join(flags.out, name), signed);
    const page = formats.includes("html") ? [writeWhole(join(flags.out, `${args.id}.report.html`), reportPage(payload, { name, sha256: file.sha256 }))] : [];
    const files = [file, ...page];
    return {
      data: { files },
      human: files.map((one) => `${one.path}\n  sha256 ${one.sha256}`).join("\n"),
      next: [`expunge proof verify ${join(flags.out, name)} --key ${join(flags.workspace, "public.vkey")}`],
    };
  }
}

/** Throws FORMAT_NOT_BUILT, and USAGE for what is no format at all. */
function formatsOf(typed: string): readonly string[] {
  const formats = typed.split(",").map((format) => format.trim());
  const planned = PLANNED.find((format) => formats.includes(format));
  if (planned !== undefined) throw new Failure("FORMAT_NOT_BUILT", `reports as ${planned} are not built yet; there are ${BUILT.join(" and ")}`);
  if (formats.some((format) => !BUILT.includes(format))) throw new Failure("USAGE", `--format takes ${BUILT.join(" and ")}, separated by a comma`);
  return formats;
}
