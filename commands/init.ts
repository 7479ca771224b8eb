import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";

const FROM = { multiple: true, multipleNonGreedy: true, helpGroup: "FIRST DATA MAP" } as const;

export default class Init extends BaseCommand {
  static override summary =
    "Make a workspace with its keys, and a first data map: an example, or a draft of what your systems are made of.";
  static override description =
    "What is there already stays as it is; keys are never replaced, and a data map is never overwritten. Prints the ledger's public key: give it to whoever is to check your proofs. A draft names tables and columns, never a value; what a person must decide in it is `do: ask`.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --origin example.org/erasures",
    "<%= config.bin %> <%= command.id %> --from-database shop_db --from-index search_es --from-bucket exports_s3/exports --from-folder ./lists",
    "<%= config.bin %> <%= command.id %> --from-database shop_db --schema public --sample 20 --out draft.yaml",
  ];
  static override flags = {
    origin: Flags.string({
      helpValue: "NAME",
      summary: "Name of the ledger, in every checkpoint and proof. Default: expunge.local/<8 hex digits>.",
    }),
    "from-database": Flags.string({
      ...FROM,
      helpValue: "SECRET",
      summary: "Draft from the database behind this secret.",
    }),
    "from-index": Flags.string({
      ...FROM,
      helpValue: "SECRET",
      summary: "Draft from the search server behind this secret.",
    }),
    "from-bucket": Flags.string({
      ...FROM,
      helpValue: "SECRET[/BUCKET]",
      summary: "Draft from a bucket. Default: every bucket that the credentials see.",
    }),
    "from-folder": Flags.string({ ...FROM, helpValue: "DIR", summary: "Draft from the files in a folder." }),
    kind: Flags.string({
      helpGroup: FROM.helpGroup,
      helpValue: "KIND",
      summary: "Kind of the database. Default: by the secret's value.",
    }),
    schema: Flags.string({
      ...FROM,
      helpValue: "SCHEMA",
      summary: "Only this schema of the databases. Default: all but the system's.",
    }),
    sample: Flags.integer({
      helpGroup: FROM.helpGroup,
      helpValue: "N",
      min: 1,
      max: 10_000,
      summary: "Look at the shape of at most so many values of each column. They stay in memory.",
    }),
    out: Flags.string({
      helpGroup: FROM.helpGroup,
      helpValue: "FILE",
      summary: "Write the draft here. Default: the data map.",
    }),
  };

  protected override async work({ signal, say }: Session): Promise<Answer> {
    const { flags } = await this.parse(Init);
    const today = new Date().toISOString().slice(0, 10);
    const sources = (["database", "index", "bucket", "folder"] as const).flatMap((from) =>
      (flags[`from-${from}`] ?? []).map((named) => ({ from, named })),
    );
    const { makeWorkspace } = await import("../src/make-workspace.ts");
    if (sources.length === 0) {
      const without = (["kind", "schema", "sample", "out"] as const).find((name) => flags[name] !== undefined);
      if (without !== undefined) {
        const { Failure } = await import("../src/errors.ts");
        throw new Failure(
          "USAGE",
          `--${without} goes with --from-database, --from-index, --from-bucket or --from-folder`,
        );
      }
    }
    const map = sources.length === 0 ? flags.map : (flags.out ?? flags.map);
    const drafted = sources.length === 0 ? undefined : await this.#draft(sources, { map, flags, today, signal, say });
    const { dir, origin, vkey, made } = await makeWorkspace({ ...flags, map }, flags.origin, today);
    const files = [...(drafted?.made ?? []), ...made];
    const human = [
      ...files.map((file) => `made  ${file}`),
      ...(files.length === 0 ? ["Everything was there already."] : []),
      `Ledger ${origin}, public key:`,
      vkey,
      ...(drafted?.said ?? []),
    ].join("\n");
    const named = map === "datamap.yaml" ? "" : ` --map ${map}`;
    return {
      data: { workspace: dir, files, origin, vkey, ...(drafted === undefined ? {} : { proposal: drafted.proposal }) },
      human,
      ...(drafted === undefined ? {} : { warnings: drafted.warnings }),
      next:
        drafted === undefined
          ? ["expunge map lint", "expunge doctor"]
          : [`expunge map lint${named}`, `expunge explain${named}`],
    };
  }

  async #draft(
    sources: readonly { readonly from: "database" | "index" | "bucket" | "folder"; readonly named: string }[],
    how: {
      readonly map: string;
      readonly flags: {
        readonly kind?: string | undefined;
        readonly schema?: string[] | undefined;
        readonly sample?: number | undefined;
      };
      readonly today: string;
      readonly signal: AbortSignal;
      say(text: string): void;
    },
  ) {
    const [{ draftMap }, { proposalOf, saidOf }] = await Promise.all([
      import("../src/draft-map.ts"),
      import("../src/drafting/summary.ts"),
    ]);
    const warnings: string[] = [];
    const { proposal, made } = await draftMap({
      sources,
      file: how.map,
      registry,
      kind: how.flags.kind,
      schemas: how.flags.schema ?? [],
      sample: how.flags.sample ?? 0,
      today: how.today,
      signal: how.signal,
      report: ({ record, message }) => warnings.push(`${record}: ${message}`),
    });
    return { made, proposal: proposalOf(proposal), said: saidOf(proposal, how.map), warnings };
  }
}
