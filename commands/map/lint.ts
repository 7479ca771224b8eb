import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand } from "../../src/base-command.ts";
import { EXIT } from "../../src/errors.ts";
import { count } from "../../src/terminal/show.ts";

export default class MapLint extends BaseCommand {
  static override summary = "Check the data map, without any connection: every issue at once, with its place.";
  static override description = "Exit 2 when anything is an error, 0 when there are only warnings.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --map other.yaml --json",
  ];

  protected override async work(): Promise<Answer> {
    const { flags } = await this.parse(MapLint);
    const { codeFrames } = await import("../../src/datamap/code-frame.ts");
    const { openMapToday } = await import("../../src/workspace.ts");
    const { issues, text, file } = (await openMapToday(flags, registry)).file;
    const errors = issues.filter(({ severity }) => severity === "error").length;
    const warnings = issues.length - errors;
    const summary =
      issues.length === 0
        ? `${file}: nothing to mend`
        : `${file}: ${count(errors, "error")}, ${count(warnings, "warning")}`;
    return {
      data: { issues },
      human: [...codeFrames(text, issues), summary].join("\n"),
      exit: errors > 0 ? EXIT.findings : EXIT.done,
    };
  }
}
