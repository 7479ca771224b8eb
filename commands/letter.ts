import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, idArg, type Session, type Typed } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import { LETTER_FORMATS, LETTER_KINDS, type LetterFormat } from "../src/letters/kinds.ts";
import { LANGUAGES } from "../src/model/in-languages.ts";
import { lettersFolder } from "../src/workspace-place.ts";
import { writeWhole } from "../src/write-whole.ts";

export default class Letter extends BaseCommand {
  static override summary = "A letter to the person, for you to read and send. Nothing is sent.";
  static override description =
    "It is made of the ledger's entries about the request and says no more than they show; it holds no identifier. `final` is refused while anything is open, `partial` says what is. The words of record types come from the data map that was approved (`called`). Templates of your own lie in the workspace's folder `letters`.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> R-2026-0001 --kind ack --lang de",
    "<%= config.bin %> <%= command.id %> R-2026-0001 --kind final --format txt --out final.txt",
  ];
  static override args = { id: idArg };
  static override flags = {
    kind: Flags.option({ options: LETTER_KINDS, required: true, summary: "What it answers." })(),
    lang: Flags.option({ options: LANGUAGES, default: "en" as const, summary: "Its language." })(),
    format: Flags.string({ helpValue: "html|txt", default: "html", summary: "A page, or plain text for mail." }),
    out: Flags.string({ helpValue: "FILE", summary: "Where to. Default: ID.KIND.LANG.FORMAT in this folder." }),
    templates: Flags.string({
      helpValue: "DIR",
      summary: "Folder with templates of your own. Default: `letters` in the workspace's folder.",
    }),
  };

  protected override readonly asks = {
    kind: {
      question: "Which letter?",
      choices: {
        ack: "ack: the request has come in",
        identity: "identity: please show that it is you",
        extension: "extension: it takes longer",
        partial: "partial: what is done and what is not",
        final: "final: what was done, what is kept, and until when",
        refusal: "refusal: it is refused, and why",
      },
    },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry });
  };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Letter);
    const { kind, lang: language, out, templates = lettersFolder(flags) } = flags;
    const format = formatOf(flags.format);
    const { sealLedger } = await import("../src/executor/seal-ledger.ts");
    const { writeLetter } = await import("../src/requests/write-letter.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    await sealLedger(workspace.state, workspace.ledger, () => {});
    const order = { request: args.id, kind, language, format, templates };
    const { text, warnings } = await writeLetter(workspace, await workspace.dataMap(), order);
    const file = writeWhole(out ?? `${args.id}.${kind}.${language}.${format}`, text);
    return { data: { files: [file] }, human: `${file.path}\n  sha256 ${file.sha256}`, warnings };
  }
}

/** Throws FORMAT_NOT_BUILT, and USAGE for what is no format at all. */
function formatOf(typed: string): LetterFormat {
  const format = LETTER_FORMATS.find((one) => one === typed);
  if (format !== undefined) return format;
  if (typed === "pdf")
    throw new Failure("FORMAT_NOT_BUILT", "letters as pdf are not built yet; there are html and txt");
  throw new Failure("USAGE", "--format takes html or txt");
}
