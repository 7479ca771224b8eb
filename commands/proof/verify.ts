import { Args, Flags } from "@oclif/core";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { EXIT } from "../../src/errors.ts";
import { audit, type Check } from "../../src/ledger/audit.ts";
import type { Json } from "../../src/model/json.ts";
import { bytesOf, publicKey } from "../../src/proof-input.ts";
import { summaryHolds } from "../../src/reports/report.ts";
import { indent, safe, table, tint } from "../../src/terminal/show.ts";

/** Nothing was found wrong: nobody has looked. */
const UNKEYED =
  "No key was given and there is no workspace here: nothing was checked against one, so it cannot be said whether the proof holds.\nGive the public key: --key FILE.";

export default class ProofVerify extends BaseCommand {
  static override summary =
    "Check a report, a ledger export, a tlog-proof or a checkpoint. Needs no workspace and no network.";
  static override description =
    "Without --key the workspace's own public key is taken; where there is neither, nothing can be verified. Exit 2 when a check does not hold. A public key alone cannot show that a ledger was rolled back or written anew: give heads you have kept with --known.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> R-2026-0001.report.json --key public.vkey",
    "<%= config.bin %> <%= command.id %> ledger.json --key public.vkey --known last-year.txt",
  ];
  static override args = { file: Args.string({ required: true, description: "the file to check" }) };
  static override flags = {
    key: Flags.string({ helpValue: "VKEY", summary: "The public key: its text, or a file that holds it." }),
    known: Flags.string({
      helpValue: "FILE",
      multiple: true,
      summary: "A head, report, proof or export that you received at another time.",
    }),
    show: Flags.boolean({ summary: "Print what was signed too; only where every check holds." }),
  };

  protected override async work({ tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(ProofVerify);
    const key = publicKey(flags.key, flags);
    // by number: a path may name a person
    const known = (flags.known ?? []).map((file, index) => ({
      name: String(index + 1),
      bytes: bytesOf(file, "--known"),
    }));
    const { ok: audited, checks: found, warnings, report, signed } = audit(bytesOf(args.file, "FILE"), { key, known });
    const checks = [...found, ...(report === undefined ? [] : [summaryCheck(summaryHolds(report))])];
    const ok = audited && checks.every((check) => check.ok);
    const rows = checks.map((check) => [
      tint(check.ok ? "ok" : "FAIL", check.ok ? "good" : "bad", tone.plain),
      safe(check.name),
      safe(check.detail),
    ]);
    const sentence = ok ? "The proof holds." : key === undefined ? UNKEYED : "The proof does not hold.";
    const shown = flags.show && ok && signed !== undefined ? signed : undefined;
    const content = shown === undefined ? "" : `\n\nWhat was signed:\n${indent(await asText(shown))}`;
    return {
      data: { ok, checks, ...(shown === undefined ? {} : { signed: shown }) },
      human: `${indent(table(rows))}\n${sentence}${content}`,
      exit: ok ? EXIT.done : EXIT.findings,
      warnings,
    };
  }
}

function summaryCheck(ok: boolean): Check {
  return {
    name: "summary",
    ok,
    detail: ok ? "the summary says what the entries say" : "SUMMARY: the summary says something else than the entries",
  };
}

/** Names and values, a line each. Control characters of the file are escaped: it cannot write over what is shown. */
async function asText(signed: Json): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(signed, { lineWidth: 0, aliasDuplicateObjects: false })
    .replaceAll(/[^\P{Cc}\n]/gu, "?")
    .trimEnd();
}
