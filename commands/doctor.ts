import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";
import { EXIT } from "../src/errors.ts";

export default class Doctor extends BaseCommand {
  static override summary = "Look whether everything is there that a plan needs: keys, data map, secrets, systems.";
  static override description =
    "Changes nothing. Every finding is shown once, errors first. Exit 2 when anything is missing.";

  protected override async work({ signal, progress, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(Doctor);
    const { examine } = await import("../src/doctor.ts");
    const { findingRows } = await import("../src/terminal/findings-screen.ts");
    const { indent, safe, table, tint } = await import("../src/terminal/show.ts");
    const { checks, findings } = await examine({
      places: flags,
      registry,
      signal,
      label: (text) => progress.label(text),
    });
    const words = {
      ok: tint("ok", "good", tone.plain),
      warn: tint("WARN", "warn", tone.plain),
      fail: tint("FAIL", "bad", tone.plain),
    };
    const rows = table(checks.map(({ name, result, detail }) => [words[result], name, safe(detail)]));
    return {
      data: { checks, findings },
      human: findings.length === 0 ? rows : `${rows}\nFindings\n${indent(findingRows(findings, tone.plain))}`,
      exit: checks.some(({ result }) => result === "fail") ? EXIT.findings : EXIT.done,
    };
  }
}
