import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";
import { EXIT } from "../src/errors.ts";

export default class Doctor extends BaseCommand {
  static override summary = "Look whether everything is there that a plan needs: keys, data map, secrets, systems.";
  static override description = "Changes nothing. Exit 2 when anything is missing.";

  protected override async work({ signal, progress, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(Doctor);
    const { examine } = await import("../src/doctor.ts");
    const { safe, table, tint } = await import("../src/terminal/show.ts");
    const checks = await Array.fromAsync(examine({ places: flags, registry, signal, label: (text) => progress.label(text) }));
    const words = { ok: tint("ok", "good", tone.plain), warn: tint("WARN", "warn", tone.plain), fail: tint("FAIL", "bad", tone.plain) };
    const failed = checks.some(({ result }) => result === "fail");
    return {
      data: { checks },
      human: table(checks.map(({ name, result, detail }) => [words[result], name, safe(detail)])),
      exit: failed ? EXIT.findings : EXIT.done,
    };
  }
}
