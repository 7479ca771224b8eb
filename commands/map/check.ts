import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { EXIT } from "../../src/errors.ts";

export default class MapCheck extends BaseCommand {
  static override summary =
    "Hold the data map against the systems themselves: what is new, gone, unmapped or not permitted.";
  static override description =
    "Reads only, with the credentials of a run, and tries nothing. Exit 2 when anything is an error, with --strict a warning too; 4 where a system cannot be reached. Needs no workspace.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --min-coverage 100 --strict",
    "<%= config.bin %> <%= command.id %> --format sarif > map-check.sarif",
  ];
  static override flags = {
    system: Flags.string({ helpValue: "S", multiple: true, summary: "Only this system; may be given again." }),
    "min-coverage": Flags.integer({
      helpValue: "P",
      min: 0,
      max: 100,
      summary: "An error where fewer columns, in percent, are mapped or ignored.",
    }),
    strict: Flags.boolean({ default: false, summary: "Warnings end with 2 as errors do." }),
    format: Flags.option({ options: ["text", "json", "sarif"] as const, default: "text" })({
      summary: "json: as --json; sarif: SARIF 2.1.0 in its place, for code hosts.",
    }),
  };

  protected override async work({ signal, progress, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(MapCheck);
    const { checkMap } = await import("../../src/check-map.ts");
    const { CODES, isCoverageCode } = await import("../../src/map-check/codes.ts");
    const { mapCheckCounts, mapCheckScreen } = await import("../../src/terminal/map-check-screen.ts");
    const { count } = await import("../../src/terminal/show.ts");
    const { findings, coverage } = await checkMap(
      { places: flags, registry, signal, systems: flags.system ?? [], label: (text) => progress.label(text) },
      flags["min-coverage"],
    );
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const warnings = findings.length - errors;
    const { mapped, ignored, unmapped, percent } = coverage;
    const columns = `${percent} % of ${count(mapped + ignored + unmapped, "column")} (${mapped} mapped, ${ignored} ignored, ${unmapped} unmapped)`;
    const summary = `${mapCheckCounts(findings)}; coverage ${columns}`;
    const what = (code: string): string => (isCoverageCode(code) ? CODES[code].what : "");
    const screen = mapCheckScreen(findings, { what, plain: tone.plain });
    const exit = errors > 0 || (flags.strict && warnings > 0) ? EXIT.findings : EXIT.done;
    const data = { findings, coverage };
    const human = screen === "" ? summary : `${screen}\n${summary}`;
    switch (flags.format) {
      case "text":
        return { data, human, exit };
      case "json":
        return { data, human, exit, json: true };
      case "sarif": {
        const { sarifOf } = await import("../../src/map-check/sarif.ts");
        const sarif = sarifOf(findings, this.config.version);
        return { data, human, exit, document: `${JSON.stringify(sarif, null, 2)}\n` };
      }
    }
  }
}
