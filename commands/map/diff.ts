import { Args, Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, laterFlag } from "../../src/base-command.ts";
import { EXIT } from "../../src/errors.ts";

export default class MapDiff extends BaseCommand {
  static override summary = "What changed in the data map, as sentences: what erases more, and what less.";
  static override description =
    "No connection is made. Comments, words and another order are no change. Exit 0; with --exit-code 2 where anything changed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> origin/main",
    "<%= config.bin %> <%= command.id %> old.yaml --format md",
  ];
  static override args = { base: Args.string({ required: true, description: "a file, or a git revision" }) };
  static override flags = {
    "exit-code": Flags.boolean({ default: false, summary: "2 where anything changed." }),
    format: Flags.option({ options: ["text", "md", "json"] as const, default: "text" })({
      summary: "md: for a pull request; json: as --json.",
    }),
    effect: laterFlag,
  };

  protected override async work(): Promise<Answer> {
    const { args, flags } = await this.parse(MapDiff);
    const { readBaseMap } = await import("../../src/base-map.ts");
    const { ruleDifferences } = await import("../../src/datamap/rule-changes.ts");
    const { validMap } = await import("../../src/map-file.ts");
    const { indent, safe } = await import("../../src/terminal/show.ts");
    const { openMap } = await import("../../src/workspace.ts");
    const today = new Date().toISOString().slice(0, 10);
    const after = validMap(await openMap(flags, registry));
    const before = validMap(await readBaseMap(args.base, flags.map, { registry, today }));
    const changes = ruleDifferences(before, after);
    const words = {
      added: "added",
      removed: "removed",
      erases_more: "erases more",
      erases_less: "erases less",
      other: "changed",
    };
    const lines = changes.map(({ record, kind, before: was, after: is }) => {
      const sides = [...(was === null ? [] : [`- ${safe(was)}`]), ...(is === null ? [] : [`+ ${safe(is)}`])].join("\n");
      return flags.format === "md"
        ? `### ${record}: ${words[kind]}\n\`\`\`diff\n${sides}\n\`\`\``
        : `${record}: ${words[kind]}\n${indent(sides)}`;
    });
    return {
      data: { changes },
      human: lines.length === 0 ? "No rule has changed." : lines.join("\n"),
      exit: flags["exit-code"] && changes.length > 0 ? EXIT.findings : EXIT.done,
      ...(flags.format === "json" ? { json: true } : {}),
    };
  }
}
