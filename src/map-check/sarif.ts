/** Findings as SARIF 2.1.0, which code hosts show beside the line that they are about. */
import { createHash } from "node:crypto";
import { CODES, isCoverageCode } from "./codes.ts";
import type { CheckFinding } from "./finding.ts";

export function sarifOf(findings: readonly CheckFinding[], version: string): object {
  const codes = [...new Set(findings.map(({ code }) => code))];
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "expunge map check",
            semanticVersion: version,
            rules: codes.map((code) => ruleOf(code, findings)),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => resultOf(finding, codes.indexOf(finding.code))),
      },
    ],
  };
}

function ruleOf(code: string, findings: readonly CheckFinding[]): object {
  const example = findings.find((finding) => finding.code === code);
  const what = isCoverageCode(code) ? CODES[code].what : code.toLowerCase().replaceAll("_", " ");
  const help = isCoverageCode(code) ? `${CODES[code].help} Left so: ${CODES[code].cost}.` : (example?.help ?? "");
  return {
    id: code,
    shortDescription: { text: what },
    ...(help === "" ? {} : { help: { text: help } }),
    defaultConfiguration: { level: example?.severity ?? "warning" },
  };
}

function resultOf({ code, severity, record, column, message, help, file, line }: CheckFinding, rule: number): object {
  const where = record === "" ? "" : `${record}: `;
  return {
    ruleId: code,
    ruleIndex: rule,
    level: severity,
    message: { text: [`${where}${message}.`, help].filter((text) => text !== "").join(" ") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line },
        },
        ...(record === ""
          ? {}
          : { logicalLocations: [{ fullyQualifiedName: column === undefined ? record : `${record}.${column}` }] }),
      },
    ],
    // the same however the file moves it: what is known already is not shown anew
    partialFingerprints: {
      "finding/v1": createHash("sha256")
        .update(JSON.stringify([code, record, column ?? "", message]))
        .digest("hex")
        .slice(0, 32),
    },
  };
}

/** A reference that is no URI would be shown nowhere. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/").replace(/^\.\//u, "");
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${encoded}` : encoded;
}
