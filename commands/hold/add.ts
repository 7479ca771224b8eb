import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session, type Typed } from "../../src/base-command.ts";
import { Failure } from "../../src/errors.ts";
import type { Context } from "../../src/requests/context.ts";
import { whyNotText } from "../../src/requests/checked-text.ts";
import { askText, askYes } from "../../src/terminal/ask.ts";
import { holdScreen } from "../../src/terminal/hold-screen.ts";
import { readInput } from "../../src/terminal/read-input.ts";
import { indent, safe, table } from "../../src/terminal/show.ts";

export default class HoldAdd extends BaseCommand {
  static override summary = "Put a legal hold on what belongs to people, or on whole record types.";
  static override description =
    "Nothing that it covers is erased, changed or reduced, whatever any rule says: from the next look on, also in a run that goes on. Identifiers are read from a file, from stdin or from a prompt, and sealed.";
  static override examples = [
    '<%= config.bin %> hold add --subject-file person.json --case "claim over a delivery" --by "legal department"',
    '<%= config.bin %> hold add --records shop.invoices --case "tax audit 2026" --until 2027-06-30 --by "tax counsel"',
  ];
  static override flags = {
    ...asFlag,
    "subject-file": Flags.string({
      helpValue: "FILE|-",
      summary: "JSON file with the people's identifiers; - is stdin.",
    }),
    records: Flags.string({
      multiple: true,
      helpValue: "SYSTEM.RECORD",
      summary: "Only these record types; without people the whole of them.",
    }),
    case: Flags.string({
      required: true,
      helpValue: "TEXT",
      summary: "What it is for, in words; kept in the state, never in the ledger. No identifier.",
    }),
    until: Flags.string({
      helpValue: "DATE",
      summary: "Its last day, at the controller. Default: until it is released.",
    }),
    by: Flags.string({ required: true, helpValue: "NAME", summary: "Who ordered it; not who types this." }),
  };

  protected override readonly asks = {
    case: { question: "What is it for? No identifier of anybody:", whyNot: whyNotText },
    by: { question: "Who ordered it?", whyNot: whyNotText },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "hold add" });
  };

  protected override async work({ signal, asking, say }: Session): Promise<Answer> {
    const { flags } = await this.parse(HoldAdd);
    const { contextOf } = await import("../../src/requests/context.ts");
    const { readSubjects } = await import("../../src/planner/subjects.ts");
    const { holdLines } = await import("../../src/requests/held-records.ts");
    const { addHold } = await import("../../src/requests/legal-holds.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, act: "hold add" });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const { records = [], case: words, until, by } = flags;
    const file = flags["subject-file"];
    const text =
      file !== undefined
        ? await readInput(file, signal)
        : records.length > 0
          ? undefined
          : await this.#ask(context, { asking, say });
    const subjects = text === undefined ? [] : readSubjects(text, context.map.identities);
    const { id } = await addHold(context, subjects, workspace.pseudonym, { case: words, until, by, records });
    // it holds already; how much is only said
    const { holds, warnings } = await holdLines(context, [id]);
    return {
      data: { holds },
      human: holdScreen(holds),
      warnings: [
        ...warnings,
        ...(holds.some(({ held }) => held === 0) ? [`${id} covers no record that is there now`] : []),
      ],
      next: ["expunge hold list"],
    };
  }

  /** Whom it is about; what is typed of them does not show. */
  async #ask(context: Context, { asking, say }: Pick<Session, "asking" | "say">): Promise<string> {
    if (!asking.possible) throw new Failure("USAGE", "missing: --subject-file or --records");
    const { askSubject } = await import("../../src/requests/ask-request.ts");
    const { subject, readBack } = await askSubject(
      context,
      async (question, how) => (await askText(question, asking, how)) ?? "",
    );
    say(indent(table(readBack.map(([name, value]) => [name, safe(value)]))));
    if (!(await askYes("Hold what belongs to this person?", asking, true)))
      throw new Failure("INTERRUPTED", "nothing is held", { help: "Run the same command again." });
    return subject;
  }
}
