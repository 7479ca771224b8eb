import { Args, Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import type { RuleDifference } from "../../src/datamap/rule-changes.ts";
import { EXIT } from "../../src/errors.ts";
import type { RuleEffect } from "../../src/planner/rule-effect.ts";
import { count } from "../../src/terminal/show.ts";

export default class MapDiff extends BaseCommand {
  static override summary = "What changed in the data map, as sentences: what erases more, and what less.";
  static override description =
    "No connection is made, but with --effect. Comments, words and another order are no change. Exit 0; with --exit-code 2 where anything changed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> origin/main",
    "<%= config.bin %> <%= command.id %> old.yaml --format md",
    "<%= config.bin %> <%= command.id %> origin/main --effect",
  ];
  static override args = { base: Args.string({ required: true, description: "a file, or a git revision" }) };
  static override flags = {
    "exit-code": Flags.boolean({ default: false, summary: "2 where anything changed." }),
    format: Flags.option({ options: ["text", "md", "json"] as const, default: "text" })({
      summary: "md: for a pull request; json: as --json.",
    }),
    effect: Flags.boolean({
      default: false,
      summary: "Count in the systems, read-only: records that become due, and records that stop being kept.",
    }),
  };

  protected override async work({ signal, progress }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(MapDiff);
    const { readBaseMap } = await import("../../src/base-map.ts");
    const { ruleDifferences } = await import("../../src/datamap/rule-changes.ts");
    const { validMap } = await import("../../src/map-file.ts");
    const { indent, safe } = await import("../../src/terminal/show.ts");
    const { openMap } = await import("../../src/workspace.ts");
    const today = new Date().toISOString().slice(0, 10);
    const after = await openMap(flags, registry);
    const before = await readBaseMap(args.base, flags.map, { registry, today });
    const differences = ruleDifferences(validMap(before), validMap(after));
    const counted = flags.effect
      ? await (
          await import("../../src/map-effect.ts")
        ).effectsOf({ places: flags, registry, signal, label: (text) => progress.label(text) }, { before, after }, [
          ...new Set(differences.map(({ record }) => record)),
        ])
      : { of: new Map<string, RuleEffect>(), warnings: [] };
    const changes = differences.map((change): RuleDifference & { readonly effect?: RuleEffect } => {
      const effect = counted.of.get(change.record);
      return effect === undefined ? change : { ...change, effect };
    });
    const words = {
      added: "added",
      removed: "removed",
      erases_more: "erases more",
      erases_less: "erases less",
      other: "changed",
    };
    const lines = changes.map(({ record, kind, before: was, after: is, effect }) => {
      const sides = [...(was === null ? [] : [`- ${safe(was)}`]), ...(is === null ? [] : [`+ ${safe(is)}`])].join("\n");
      const does = flags.effect ? (effect === undefined ? "Not counted." : effectWords(effect)) : "";
      return flags.format === "md"
        ? `### ${record}: ${words[kind]}\n\`\`\`diff\n${sides}\n\`\`\`${does === "" ? "" : `\n${does}`}`
        : `${record}: ${words[kind]}\n${indent(sides)}${does === "" ? "" : `\n${indent(does)}`}`;
    });
    return {
      data: { changes },
      warnings: counted.warnings,
      human: lines.length === 0 ? "No rule has changed." : lines.join("\n"),
      exit: flags["exit-code"] && changes.length > 0 ? EXIT.findings : EXIT.done,
      ...(flags.format === "json" ? { json: true } : {}),
    };
  }
}

function effectWords({ due, released, at_least: more }: RuleEffect): string {
  const least = more === true ? "At least " : "";
  return `${least}${count(due, "record")} ${due === 1 ? "becomes" : "become"} due, ${count(released, "record")} ${released === 1 ? "stops" : "stop"} being kept.`;
}
