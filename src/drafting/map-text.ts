/** A proposal as the text of a data map: every guess with its reason beside it. */
import { hushedName, hushedWords } from "./hushed-names.ts";
import { key } from "./markers.ts";
import type { Store } from "../model/structure.ts";
import type {
  Ignored,
  Proposal,
  ProposedField,
  ProposedIdentity,
  ProposedRecord,
  SurveyedSystem,
  Unplaced,
} from "./proposal.ts";

export interface Frame {
  /** ISO date. */
  readonly today: string;
  readonly timezone: string;
}

export function mapText(proposal: Proposal, { today, timezone }: Frame): string {
  const asks = proposal.records.filter((record) => record.asks.length > 0).length;
  const review = `${Number(today.slice(0, 4)) + 1}-${today.slice(5, 7)}-01`;
  const lines = [
    "# yaml-language-server: $schema=./datamap.schema.json",
    `# Drafted by \`expunge init\` on ${today} from what the systems are made of: a proposal to be read line by line. \`expunge map lint\` checks it,`,
    "# `expunge explain` says it in words. Every guess has its reason beside it; `do: ask` is a decision that is yours, and no plan is made before it.",
    `# ${count(proposal.records.length, "record type")}, ${asks} of them to be decided; ${count(proposal.unplaced.length, "store")} that nobody can place yet (look for \`?\`).`,
    "version: 1",
    "controller: # your own",
    "  name: Your organisation",
    "  contact: privacy@example.org",
    `  calendar: { timezone: ${timezone}, regime: eu, holidays: [] } # holidays: dates, or a region such as DE-BW`,
    ...mapBlock(proposal.ignored, review),
    "identities: # what a request starts from, and how the other keys are found",
    ...proposal.identities.map(identityLine),
    ...holdsBlock(proposal),
    "systems:",
    ...proposal.systems.flatMap((system) => systemBlock(system, proposal)),
  ];
  // a name in a comment may have a line break in it, and what stands behind that would be read as a rule
  return `${lines.map((line) => line.replaceAll(/[\r\n]+/gu, " ")).join("\n")}\n`;
}

function mapBlock(ignored: readonly Ignored[], review: string): readonly string[] {
  const head = ["map:", "  owner: privacy@example.org", `  review_by: ${review}`];
  if (ignored.length === 0) return head;
  const byReason = Map.groupBy(ignored, ({ reason }) => reason);
  return [
    ...head,
    "  ignore:",
    ...[...byReason].flatMap(([reason, entries]) => [
      `    # ${hushedWords(reason)}`,
      ...entries.map(
        ({ system, entry, unjudged = [] }) => `    - ${key(`${system}.${entry}`)}${unjudgedText(unjudged)}`,
      ),
    ]),
  ];
}

const MOST_TOLD = 8;

function unjudgedText(columns: readonly string[]): string {
  const more = columns.length - MOST_TOLD;
  return columns.length === 0
    ? ""
    : ` # not judged: ${hushedWords(columns.slice(0, MOST_TOLD).join(", "))}${more > 0 ? ` and ${more} more` : ""}`;
}

function identityLine({ name, type, foundIn, by, reason }: ProposedIdentity): string {
  const fold = type === "email" ? ", fold: [trim, lowercase]" : "";
  const found =
    foundIn === undefined
      ? ""
      : `, found_in: ${key(foundIn)}, by: { ${Object.entries(by ?? {})
          .map(([column, identity]) => `${key(column)}: ${identity}`)
          .join(", ")} }`;
  return `  ${key(name)}: { type: ${type}${fold}${found} } # ${hushedWords(reason)}`;
}

/** In comments: which law asks for it is for a person to say. */
function holdsBlock({ records }: Proposal): readonly string[] {
  const used = (name: string) => records.some(({ hold }) => hold?.includes(`use: ${name}`) === true);
  const lines = [
    ...(used("invoices")
      ? [
          "#   invoices: { rule: de/invoice, people: { owner: finance@example.org } } # docs/retention.md has the rules of other countries",
        ]
      : []),
    ...(used("books") ? ["#   books: { rule: de/books, people: { owner: finance@example.org } }"] : []),
  ];
  return lines.length === 0
    ? []
    : [
        "# holds: # what the law may want kept: choose the rule, name who answers for it, and take the marks off",
        ...lines,
      ];
}

function systemBlock(system: SurveyedSystem, { records, unplaced }: Proposal): readonly string[] {
  const mine = records.filter((record) => record.system === system.name);
  const open = unplaced.filter((one) => one.system === system.name);
  const connect = Object.entries(system.connect).map(([name, value]) => `${name}: ${key(value)}`);
  return [
    `  ${key(system.name)}:`,
    `    kind: ${system.kind}`,
    `    connect: { ${connect.join(", ")} }`,
    ...(mine.length === 0
      ? [`    records: {}${open.length === 0 ? " # no person was found here" : ""}`]
      : ["    records:", ...mine.flatMap((record) => recordBlock(record, system))]),
    ...open.flatMap(unplacedBlock),
  ];
}

function recordBlock(record: ProposedRecord, system: SurveyedSystem): readonly string[] {
  const erase = record.store.kind !== "files" && system.actions.includes("erase") ? "erase" : "remove-rows";
  const asked = record.asks.length > 0;
  const lines = [
    `      ${key(record.name)}:`,
    ...placeLines(record, system),
    ...matchLines(record),
    ...(record.where === undefined
      ? []
      : [
          `        where: { ${Object.entries(record.where)
            .map(([column, value]) => `${key(column)}: ${JSON.stringify(value)}`)
            .join(", ")} } # guessed from the table's name`,
        ]),
    ...(asked
      ? [`        # ${hushedWords(record.asks.join("; "))}`, `        do: ask # ${erase}, or what else becomes of them`]
      : [`        do: ${erase}`]),
    ...(record.auditOf === undefined
      ? []
      : [`        audit_of: ${key(record.auditOf.record)} # ${hushedWords(record.auditOf.reason)}`]),
    ...(record.hold === undefined ? [] : [`        # hold: ${record.hold}`]),
    ...(record.marker === undefined
      ? []
      : [
          `        # ${hushedWords(record.marker.reason)}`,
          ...(record.marker.text === undefined ? [] : [`        soft_delete: ${record.marker.text}`]),
        ]),
    ...fieldLines(record.fields),
    ...personalRemark(record),
    ...record.remarks.map((remark) => `        # ${hushedWords(remark)}`),
  ];
  return lines;
}

function placeLines({ store, name }: ProposedRecord, { begins }: SurveyedSystem): readonly string[] {
  switch (store.kind) {
    case "table":
    case "view":
      if (store.parts !== undefined)
        return [`        table: [${store.parts.map((part) => JSON.stringify(part)).join(", ")}]`];
      return store.name === name ? [] : [`        table: ${key(store.name)}`];
    case "index":
      return [`        index: ${JSON.stringify(hushedName(store.name))}`];
    case "files": {
      // a bucket's own name has no star
      const [bucket = "", ...path] = store.name.split("/");
      const glob = begins === undefined ? hushedName(store.name) : `${begins}${bucket}/${hushedName(path.join("/"))}`;
      return [
        `        files: [${JSON.stringify(glob)}]`,
        ...(store.format === undefined ? [] : [`        format: ${store.format}`]),
        ...readingLines(store),
      ];
    }
    case "objects":
      return [];
  }
}

/** How the newest of the files are to be read. One record type reads all of its files alike: a plan names those that are none of these. */
function readingLines({ readings = [] }: Store): readonly string[] {
  const [first] = readings;
  if (first === undefined) return [];
  return [
    ...(readings.length === 1
      ? []
      : ["        # its files are written in several ways: give each way a record type of its own"]),
    ...(first.delimiter === undefined ? [] : [`        dialect: { delimiter: ${JSON.stringify(first.delimiter)} }`]),
    ...(first.encoding === undefined ? [] : [`        encoding: ${first.encoding}`]),
  ];
}

function matchLines({ match, all }: ProposedRecord): readonly string[] {
  const text = match.map(({ column, source }) => `${key(column)}: ${key(source)}`).join(", ");
  const reasons = [
    ...new Set(
      match.flatMap(({ reason, column, guessed }) =>
        reason === "" ? [] : [`${match.length > 1 ? `${column}: ` : ""}${guessed ? "guessed: " : ""}${reason}`],
      ),
    ),
  ];
  const line = `        match: ${all ? `{ all: { ${text} } }` : `{ ${text} }`}`;
  return [...reasons.map((reason) => `        # ${hushedWords(reason)}`), line];
}

function fieldLines(fields: readonly ProposedField[]): readonly string[] {
  if (!fields.some(({ rule }) => rule !== undefined))
    return fields.map(({ column, reason }) => `        # fields: ${column}: ${hushedWords(reason)}`);
  return [
    "        fields: # for what something that is kept still needs",
    ...fields.map(({ column, rule, reason }) =>
      rule === undefined
        ? `          # ${key(column)}: ${hushedWords(reason)}`
        : `          ${key(column)}: ${rule} # ${hushedWords(reason)}`,
    ),
  ];
}

/** Personal columns that no field rule stands for. */
function personalRemark({ personal, fields, match }: ProposedRecord): readonly string[] {
  const said = new Set([...fields.map(({ column }) => column), ...match.map(({ column }) => column)]);
  const others = personal.filter(({ column }) => !said.has(column));
  return others.length === 0
    ? []
    : [
        `        # personal too: ${hushedWords(others.map(({ column, reason }) => `${column} (${reason})`).join(", "))}`,
      ];
}

function unplacedBlock({ store, personal, reason }: Unplaced): readonly string[] {
  const columns = personal.map(({ column, reason: why }) => `${column} (${why})`).join(", ");
  return [
    `      # ? ${hushedName(store.name)}: ${hushedWords(reason)}.`,
    `      #   Say how a person is found in it and what becomes of it, or name it under map.ignore.${columns === "" ? "" : ` May be personal: ${hushedWords(columns)}`}`,
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
