import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../../src/base-command.ts";
import { EXIT } from "../../src/errors.ts";

export default class MapRehearse extends BaseCommand {
  static override summary =
    "Plant somebody who is made up in test systems, hide, bring back, search and erase them by the data map, and take them away again.";
  static override description =
    "Only where every system it touches has `environment: test` (else 3). Exit 2 when a check fails. Works over a state and ledger of its own; what it planted is noted in the workspace first, and taken away by the next command where it was killed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --records shop.customers,shop.orders --json",
  ];
  static override flags = {
    ...asFlag,
    records: Flags.string({
      helpValue: "SYSTEM.RECORD",
      multiple: true,
      delimiter: ",",
      summary: "Only these record types, and those that lead to them.",
    }),
  };

  protected override async work({ signal, progress, say, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(MapRehearse);
    const { CHECKS, rehearseMap } = await import("../../src/rehearse-map.ts");
    const { mapRehearsalScreen } = await import("../../src/terminal/map-rehearsal-screen.ts");
    const { count } = await import("../../src/terminal/show.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, act: "map rehearse" });
    const data = await rehearseMap({
      workspace,
      places: flags,
      registry,
      records: flags.records ?? [],
      label: (text) => progress.label(text),
      say,
    });
    const failed = data.records.flatMap(({ checks }) => checks.filter(({ ok }) => !ok)).length;
    const not = data.not_rehearsed.length;
    const screen = mapRehearsalScreen(data, CHECKS, tone.plain);
    const summary = `${count(data.records.length, "record type")} rehearsed, ${count(failed, "check")} failed${not === 0 ? "" : `, ${not} not rehearsed`}`;
    return {
      data,
      human: `${screen}\n${summary}`,
      exit: failed > 0 ? EXIT.findings : EXIT.done,
      warnings: data.not_rehearsed.map(({ record, reason }) => `${record} was not rehearsed: ${reason}`),
    };
  }
}
