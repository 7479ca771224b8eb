import { EXIT, FAILURES } from "../../../src/errors.ts";

const SAYS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "Done, and clean.",
  unexpected: "A fault of expunge, or of what it runs on.",
  findings:
    "Something was found: lint errors, drift, residuals, an overdue request, a proof that does not verify. With `--json`: `ok` is false, `data` is there, `error` is not.",
  waiting: "A person must do something first: confirm, approve, decide, or wait for a hold to end.",
  unreachable: "Credentials, rights, or a system that does not answer.",
  partly_done: "Partly done. The same command goes on.",
  stale: "The plan is used, altered, too old, or for another data map.",
  usage: "The command line is wrong. What was typed is never repeated.",
  bad_data: "The data map, a subject file, an identifier or a system's structure is wrong.",
  busy: "Another run holds the request.",
  interrupted: "Stopped by Ctrl-C, after the record at hand. The same command goes on.",
};

export function exitCodesPage(): string {
  const codes = Object.entries(EXIT).flatMap(([name, exit]) => {
    const failures = Object.entries(FAILURES).filter(([, failure]) => failure.exit === exit);
    const rows =
      failures.length === 0
        ? []
        : [
            "",
            "| code | what to do |",
            "|---|---|",
            ...failures.map(([code, { help }]) => `| \`${code}\` | ${help.replaceAll("|", "\\|")} |`),
          ];
    return [
      "",
      `## ${exit} ${name.replaceAll("_", " ")}`,
      Object.entries(SAYS).find(([one]) => one === name)?.[1] ?? "",
      ...rows,
    ];
  });
  return [
    "# Exit codes",
    "",
    "Written by `npm run docs` from `src/errors.ts`. Codes and exit codes are only ever added. The code of a failure is `error.code` with `--json`.",
    ...codes,
    "",
  ].join("\n");
}
