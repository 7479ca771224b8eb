import { Args } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";

export default class Explain extends BaseCommand {
  static override summary = "Every rule of the data map as one plain sentence.";
  static override examples = ["<%= config.bin %> explain", "<%= config.bin %> explain shop.invoices"];
  static override args = { record: Args.string({ description: "one record, system.record" }) };

  protected override async work(): Promise<Answer> {
    const { args, flags } = await this.parse(Explain);
    const { sentences } = await import("../src/datamap/sentences.ts");
    const { validMap } = await import("../src/map-file.ts");
    const { indent } = await import("../src/terminal/show.ts");
    const { openMap } = await import("../src/workspace.ts");
    const all = sentences(validMap(await openMap(flags, registry)));
    const rules = all.filter(({ record }) => args.record === undefined || record === args.record);
    if (rules.length === 0)
      throw new Failure("USAGE", "the data map has no record of that name", {
        help: `It has: ${all.map(({ record }) => record).join(", ")}.`,
      });
    return {
      data: { rules },
      human: rules
        .map(({ record, sentence, file, line }) => `${record}  (${file}:${line})\n${indent(sentence)}`)
        .join("\n"),
    };
  }
}
