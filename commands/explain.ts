import { Args, Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import type { Policy, Review, Ropa } from "../src/model/explained.ts";
import type { Paper, PaperFormat } from "../src/reports/paper.ts";

const FORMATS = ["md", "html", "csv"] as const satisfies readonly PaperFormat[];

export default class Explain extends BaseCommand {
  static override summary = "Every rule of the data map as one plain sentence, or as a page for those who decide.";
  static override description =
    "--policy and --ropa make no connection. --review reads the workspace and the systems, and writes nothing. No page holds a value of anybody.";
  static override examples = [
    "<%= config.bin %> explain",
    "<%= config.bin %> explain shop.invoices",
    "<%= config.bin %> explain --policy --format html --out policy.html",
    "<%= config.bin %> explain --ropa --format csv --out art30.csv",
    "<%= config.bin %> explain --review",
  ];
  static override args = { record: Args.string({ description: "one record, system.record" }) };
  static override flags = {
    policy: Flags.boolean({
      summary:
        "One page: what can be brought back and how long, audit trails, what goes on request and by itself, holds, copies, owners.",
    }),
    review: Flags.boolean({
      summary: "What is stored hidden, what was brought back, what is to be reviewed, what is due.",
    }),
    ropa: Flags.boolean({ summary: "The record of processing activities (Art. 30 GDPR)." }),
    format: Flags.option({ options: FORMATS })({ summary: "As a file of this kind, instead of words for a terminal." }),
    out: Flags.string({
      helpValue: "FILE",
      summary: "Write it there instead of on stdout; its ending says the format.",
    }),
  };

  protected override async work(session: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Explain);
    const pages = [flags.policy, flags.review, flags.ropa].filter((one) => one).length;
    if (pages === 0) {
      if (flags.format !== undefined || flags.out !== undefined)
        throw new Failure("USAGE", "--format and --out are for a page", {
          help: "Say which: --policy, --review or --ropa.",
        });
      return await rules(flags, args.record);
    }
    if (pages > 1 || args.record !== undefined)
      throw new Failure("USAGE", "--policy, --review and --ropa are a page each, of the whole data map");
    const format = formatOf(flags);
    const { data, paper, warnings } = await pageOf(flags, session);
    const { paperAs } = await import("../src/reports/paper.ts");
    if (format === undefined) {
      const { paperScreen } = await import("../src/terminal/paper-screen.ts");
      return { data: { ...data, files: [] }, human: paperScreen(paper), warnings };
    }
    const text = paperAs(paper, format);
    if (flags.out === undefined)
      return {
        data: { ...data, files: [] },
        human: "",
        warnings,
        // as it stands: a line that is broken for a terminal is another file
        ...(session.tone.json ? {} : { document: text }),
      };
    const { writeWhole } = await import("../src/write-whole.ts");
    const file = writeWhole(flags.out, text);
    return { data: { ...data, files: [file] }, human: `wrote ${file.path}`, warnings };
  }
}

type Data = { readonly policy: Policy } | { readonly review: Review } | { readonly ropa: Ropa };

interface Page {
  readonly data: Data;
  readonly paper: Paper;
  readonly warnings: readonly string[];
}

interface PageFlags {
  readonly map: string;
  readonly workspace: string;
  readonly keys: string | undefined;
  readonly review: boolean;
  readonly policy: boolean;
}

async function pageOf(flags: PageFlags, { signal, progress }: Session): Promise<Page> {
  const { policyPaper, reviewPaper, ropaPaper } = await import("../src/reports/explained-papers.ts");
  if (flags.review) {
    const { contextOf } = await import("../src/requests/context.ts");
    const { reviewOf } = await import("../src/requests/review.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    progress.label("searching");
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`searching ${system}`);
      progress.done(done);
    });
    const { review, warnings } = await reviewOf(context);
    return { data: { review }, paper: reviewPaper(review), warnings };
  }
  const { openSystems } = await import("../src/workspace.ts");
  const { civilDateOf } = await import("../src/retention/civil-date.ts");
  const { map, now } = await openSystems(flags, { registry, signal });
  const today = civilDateOf(now(), map.controller.calendar.timezone);
  if (flags.policy) {
    const { policyOf } = await import("../src/explaining/policy.ts");
    const policy = policyOf(map, today);
    return { data: { policy }, paper: policyPaper(policy), warnings: [] };
  }
  const { ropaOf } = await import("../src/explaining/ropa.ts");
  const ropa = ropaOf(map, today);
  return { data: { ropa }, paper: ropaPaper(ropa), warnings: [] };
}

/** Throws USAGE where a file is to be written and nothing says as what. */
function formatOf({
  format,
  out,
}: {
  readonly format: PaperFormat | undefined;
  readonly out: string | undefined;
}): PaperFormat | undefined {
  if (format !== undefined || out === undefined) return format;
  const ending = FORMATS.find((one) => out.toLowerCase().endsWith(`.${one}`));
  if (ending === undefined)
    throw new Failure("USAGE", "nothing says as what the file is to be written", {
      help: "Give --format md, html or csv, or a file that ends so.",
    });
  return ending;
}

async function rules(flags: { readonly map: string }, record: string | undefined): Promise<Answer> {
  const { sentences } = await import("../src/datamap/sentences.ts");
  const { validMap } = await import("../src/map-file.ts");
  const { indent } = await import("../src/terminal/show.ts");
  const { openMap } = await import("../src/workspace.ts");
  const all = sentences(validMap(await openMap(flags, registry)));
  const some = all.filter((one) => record === undefined || one.record === record);
  if (some.length === 0)
    throw new Failure("USAGE", "the data map has no record of that name", {
      help: `It has: ${all.map((one) => one.record).join(", ")}.`,
    });
  return {
    data: { rules: some },
    human: some.map((one) => `${one.record}  (${one.file}:${one.line})\n${indent(one.sentence)}`).join("\n"),
  };
}
