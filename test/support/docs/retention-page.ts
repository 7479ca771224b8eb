import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RetentionTerms } from "../../../src/model/retention-rule.ts";
import { parseRules } from "../../../src/retention/rules.ts";

const PLACES: Readonly<Record<string, string>> = {
  at: "Austria",
  ca: "Canada (federal)",
  ch: "Switzerland",
  de: "Germany",
  es: "Spain",
  eu: "European Union",
  fr: "France",
  it: "Italy",
  nl: "Netherlands",
  uk: "United Kingdom",
  us: "United States (federal)",
};

/** docs/retention.md: the statutory rules that ship, from their files. */
export function retentionPage(root: string): string {
  const folder = join(root, "manifests", "retention");
  const files = readdirSync(folder).toSorted();
  const tables = files.flatMap((file) => {
    const place = file.replace(".yaml", "");
    const rows = [...parseRules(readFileSync(join(folder, file), "utf8"))].flatMap(([id, { versions }]) =>
      versions.map((terms) => `| \`${id}\` | ${cells(terms).join(" | ")} |`),
    );
    return [
      `## ${PLACES[place] ?? place}`,
      "",
      "| rule | covers | kept for | from | longer while | law | look again by |",
      "|---|---|---|---|---|---|---|",
      ...rows,
      "",
    ];
  });
  return [
    "# Statutory retention",
    "",
    "Made from `manifests/retention` by `npm run docs`. No legal advice: a rule is a starting point, and your counsel owns what your data map uses.",
    "",
    "Each rule was compared with the text of its law, or with a rendering of it where the official page could not be read; what could be checked in neither way is not here, and the head of each file names what is missing. From the day after `look again by`, `map lint` warns (`RULE_REVIEW_OVERDUE`).",
    "",
    "`whole`: nothing of the record may be cleared while it is kept (`redactable: false`). Regulation (EU) 2024/1624 says so in words; of the other laws on money laundering it is our reading, since they want copies of what was obtained.",
    "",
    "A data map names a rule by its id: `holds: { invoices: { rule: de/invoice, people: { owner: finance@… } } }`. A rule that counts from your own fiscal year wants its last day: `round_up_to: end of fiscal year 06-30`. What may lengthen a period by law does so only where the map says that it does now: `extend_while`.",
    "",
    ...tables,
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function cells(terms: RetentionTerms): readonly string[] {
  const since = terms.validFrom === undefined ? "" : ` (in force from ${terms.validFrom})`;
  const whole = terms.redactable ? "" : "; whole";
  return [
    terms.covers,
    `${terms.keepFor.text}${whole}${since}`,
    startOf(terms),
    terms.suspension ?? "",
    `[${terms.law.join("; ")}](${terms.source})`,
    terms.reviewBy,
  ].map((cell) => cell.replaceAll("|", "\\|"));
}

function startOf({ starts, roundUpTo }: RetentionTerms): string {
  switch (starts) {
    case "day":
      return "the day";
    case "calendar year end":
      return "the end of its calendar year";
    case "fiscal year end":
      return roundUpTo?.to === "fiscal_year"
        ? `the end of its year on ${String(roundUpTo.month).padStart(2, "0")}-${String(roundUpTo.day).padStart(2, "0")}`
        : "the end of your fiscal year";
    case "end of relationship":
      return "the end of the relationship";
  }
}
