/** The data map as one page: a picture, and the same as tables. No script, no outside file, for a screen and for paper. */
import type { Drawing, EdgeKind } from "../datamap/drawing.ts";
import type { RuleSentence } from "../datamap/sentences.ts";
import type { DataMap, RecordType, SystemBlock } from "../model/datamap.ts";
import { html, type Markup } from "../reports/markup.ts";
import { table, wholePage } from "../reports/page-parts.ts";
import { layOut, type Line, type Node, type Picture, wordsWidth } from "./lay-out.ts";

/** What a line means; each has a dash of its own, since colours are not for everybody. */
const LINES: readonly (readonly [EdgeKind, string])[] = [
  ["match", "a person's records are found along it, by the column beside it"],
  ["found", "an identity is looked up in that column"],
  ["copy", "the system is a copy of these records"],
  ["feeds", "the system fills the other"],
  ["backup", "the system is backed up there"],
  ["trail", "the audit trail of these records"],
  ["protects", "while these are held, those are kept too"],
];

const LOOK = `
.picture { overflow: auto; max-height: 90vh; border: 1px solid var(--line); } .picture:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.picture svg { display: block; font: 12px/16px system-ui, sans-serif; fill: var(--ink); }
.frame { fill: var(--head); stroke: var(--line); } .box { fill: var(--paper); stroke: var(--ink); } .identity .box { stroke-width: 2; }
.asked .box { stroke-dasharray: 6 3; stroke-width: 2; } .held .box { stroke-width: 2.5; } .whole .box { stroke-dasharray: 2 3; }
.name { font-size: 14px; font-weight: 600; } .line { fill: none; stroke: var(--quiet); stroke-width: 1.4; } .words { text-anchor: middle; } .under { fill: var(--paper); } .under.inside { fill: var(--head); }
.found { stroke-width: 2.6; } .copy { stroke-dasharray: 8 4; } .feeds { stroke-dasharray: 2 4; } .backup { stroke-dasharray: 12 3 2 3; } .trail { stroke-dasharray: 5 2 1 2; } .protects { stroke-dasharray: 1 3; stroke-width: 2.6; }
a:focus-visible { outline: none; } a:focus-visible .box, a:hover .box { stroke: var(--good); stroke-width: 4; }
tr:target th, tr:target td { background: var(--head); } .legend { padding: 0; list-style: none; columns: 20rem; } .legend li { break-inside: avoid; } .legend svg { vertical-align: middle; }
@media print { .picture { overflow: visible; max-height: none; border: 0; } .picture svg { width: 100%; height: auto; max-height: 250mm; } }
`;

export function graphPage(map: DataMap, drawing: Drawing, rules: readonly RuleSentence[]): string {
  const picture = layOut(drawing);
  const records = map.systems.flatMap((system) => system.records);
  const title = `Data map of ${map.controller.name}`;
  return wholePage(
    title,
    html`<p>
        ${counted(map.identities.length, "identity", "identities")},
        ${counted(map.systems.length, "system", "systems")}, ${counted(records.length, "record type", "record types")}.
        The picture shows what leads from an identity to which records; each box leads to its line in the tables below,
        which say the same and more.
      </p>
      <h2>Picture</h2>
      <div class="picture" role="region" aria-label="Picture of the data map" tabindex="0">${svg(picture, map)}</div>
      <h2>What the picture's signs mean</h2>
      ${legend(drawing, map)} ${identitiesPart(map)} ${systemsPart(map)} ${recordsPart(map, rules)}
      <p>Made by <code>expunge map graph --format html</code> from <code>${map.file}</code>. No system was asked.</p>`,
    `${LOOK}${shining(map)}\n`,
  );
}

function svg({ width, height, frames, nodes, lines }: Picture, map: DataMap): Markup {
  const rows = anchorsOf(map);
  const kinds = new Map(map.systems.flatMap((system) => system.records.map((record) => [record.id, record] as const)));
  const within = ({ x, y }: { readonly x: number; readonly y: number }): boolean =>
    frames.some((frame) => x > frame.x && x < frame.x + frame.width && y > frame.y && y < frame.y + frame.height);
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="group"
    aria-label="Boxes of the data map"
  >
    <defs>
      <marker
        id="head"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="8"
        markerHeight="8"
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M0 0 8 4 0 8z" fill="var(--quiet)" />
      </marker>
    </defs>
    <g aria-hidden="true">
      ${frames.map(({ x, y, width: wide, height: high }) => html`<rect class="frame" x="${round(x)}" y="${round(y)}" width="${round(wide)}" height="${round(high)}" rx="6" />`)}
      ${lines.map((line) => html`<path class="line ${line.kind} ${rows.get(line.from) ?? ""}-of ${rows.get(line.to) ?? ""}-of" d="${pathOf(line)}" marker-end="url(#head)" />`)}
      ${frames.map(({ x, y, system, kind }) => html`<text class="name" x="${round(x + 8)}" y="${round(y + 15)}">${system} · ${kind}</text>`)}
      ${lines.map(({ at, label }) => words(at, label, within(at)))}
    </g>
    ${nodes.map((node) => box(node, rows.get(node.id) ?? "", kinds.get(node.id.replace(/^record:/u, ""))))}
  </svg>`;
}

function box({ id, x, y, width, height, lines }: Node, row: string, record: RecordType | undefined): Markup {
  const kind = id.slice(0, id.indexOf(":"));
  const looks =
    kind === "identity"
      ? "identity"
      : kind === "system"
        ? "whole"
        : record?.do === "ask"
          ? "asked"
          : (record?.holds.length ?? 0) > 0
            ? "held"
            : "record";
  const what =
    kind === "identity" ? "identity" : kind === "system" ? "system" : `record type in ${record?.system ?? ""}`;
  return html`<a href="#${row}" class="${looks}" aria-label="${[lines.name, ...lines.more].join(", ")}: ${what}">
    <title>${id.slice(kind.length + 1)}</title>
    <rect
      class="box"
      x="${round(x)}"
      y="${round(y)}"
      width="${round(width)}"
      height="${round(height)}"
      rx="${kind === "identity" ? 14 : 4}"
    />
    <text class="name" x="${round(x + 10)}" y="${round(y + 18)}">${lines.name}</text>
    ${lines.more.map((text, at) => html`<text x="${round(x + 10)}" y="${round(y + 34 + 16 * at)}">${text}</text>`)}
  </a>`;
}

function words({ x, y }: { readonly x: number; readonly y: number }, label: string, inside: boolean): Markup {
  const wide = wordsWidth(label);
  return html`<rect
      class="under${inside ? " inside" : ""}"
      x="${round(x - wide / 2)}"
      y="${round(y - 7)}"
      width="${wide}"
      height="14"
    /><text class="words" x="${round(x)}" y="${round(y + 4)}">${label}</text>`;
}

/** Level where it is level, and bent between. */
function pathOf({ points }: Line): string {
  const rounded = points.map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const [first] = rounded;
  if (first === undefined) return "";
  const parts = rounded.slice(1).map((to, at) => {
    const from = rounded[at] ?? to;
    const half = round((from.x + to.x) / 2);
    return from.y === to.y ? `H${to.x}` : `C${half} ${from.y} ${half} ${to.y} ${to.x} ${to.y}`;
  });
  return `M${first.x} ${first.y}${parts.join("")}`;
}

/** Which lines are a box's own, for whoever points at it or comes to it by the keyboard. */
function shining(map: DataMap): string {
  return [...anchorsOf(map).values()]
    .map(
      (row) =>
        `.picture:has([href="#${row}"]:is(:hover, :focus-visible)) .${row}-of { stroke: var(--good); stroke-width: 3; }`,
    )
    .join("\n");
}

function legend(drawing: Drawing, map: DataMap): Markup {
  const used = new Set(drawing.edges.map(({ kind }) => kind));
  const records = map.systems.flatMap((system) => system.records);
  const boxes: readonly (readonly [string, boolean, string])[] = [
    ["identity", true, "an identity: what a request starts from, or what is looked up by it"],
    [
      "record",
      records.length > 0,
      "a record type: its name, where it lies if that has another name, and what happens to it",
    ],
    ["held", records.some(({ holds }) => holds.length > 0), "a record type that a hold keeps for a time"],
    ["asked", records.some((record) => record.do === "ask"), "a record type that somebody must still decide about"],
    ["whole", drawing.edges.some(({ from, to }) => `${from} ${to}`.includes("system:")), "a whole system"],
  ];
  return html`<ul class="legend">
    <li>${sample(html`<rect class="frame" x="2" y="2" width="44" height="16" rx="6" />`)} a system, with its kind</li>
    ${boxes.filter(([, there]) => there).map(([looks, , says]) => html`<li>${sample(html`<g class="${looks}"><rect class="box" x="2" y="2" width="44" height="16" rx="${looks === "identity" ? 8 : 4}" fill="none" /></g>`)} ${says}</li>`)}
    ${LINES.filter(([kind]) => used.has(kind)).map(([kind, says]) => html`<li>${sample(html`<path class="line ${kind}" d="M2 10H44" />`)} ${says}</li>`)}
  </ul>`;
}

function sample(inside: Markup): Markup {
  return html`<svg width="48" height="20" viewBox="0 0 48 20" aria-hidden="true">${inside}</svg>`;
}

/** What a box leads to. */
function anchorsOf(map: DataMap): ReadonlyMap<string, string> {
  return new Map([
    ...map.identities.map(({ name }, at) => [`identity:${name}`, `i${at}`] as const),
    ...map.systems.map(({ name }, at) => [`system:${name}`, `s${at}`] as const),
    ...map.systems.flatMap((system) => system.records).map(({ id }, at) => [`record:${id}`, `r${at}`] as const),
  ]);
}

function identitiesPart(map: DataMap): Markup {
  const rows = anchorsOf(map);
  return table(
    "Identities",
    "What a request starts from, and how the other keys are found",
    ["Identity", "Type", "Where it comes from", "Leads to"],
    map.identities.map(
      ({ name, type, foundIn, by }) =>
        html`<tr id="${rows.get(`identity:${name}`) ?? ""}">
          <th scope="row">${name}</th>
          <td>${type}</td>
          <td>
            ${
              foundIn === undefined
                ? "named in the request"
                : html`looked up in <code>${`${foundIn.record}.${foundIn.column}`}</code> by
                    ${Object.entries(by)
                      .map(([column, identity]) => `${column} = ${identity}`)
                      .join(" or ")}`
            }
          </td>
          <td>
            ${listed(
              map.systems
                .flatMap((system) => system.records)
                .filter(({ match }) =>
                  match.terms.some(({ source }) => source.kind === "identity" && source.identity === name),
                )
                .map(({ id }) => id),
            )}
          </td>
        </tr>`,
    ),
    "None.",
  );
}

function systemsPart(map: DataMap): Markup {
  const rows = anchorsOf(map);
  return table(
    "Systems",
    "Where the records are, and what is a copy of what",
    ["System", "Kind", "Copies", "Who answers for it"],
    map.systems.map(
      (system) =>
        html`<tr id="${rows.get(`system:${system.name}`) ?? ""}">
          <th scope="row">${system.name}</th>
          <td>${system.kind}</td>
          <td>${copies(system)}</td>
          <td>
            ${[system.owner, system.recipient?.name].filter((text) => text !== undefined).join("; ") || "not said"}
          </td>
        </tr>`,
    ),
    "None.",
  );
}

function copies({ copyOf, feeds, covers }: SystemBlock): string {
  return (
    [
      ...(copyOf === undefined ? [] : [`a copy of ${copyOf}`]),
      ...(feeds.length === 0 ? [] : [`feeds ${feeds.join(", ")}`]),
      ...(covers.length === 0 ? [] : [`a backup of ${covers.join(", ")}`]),
    ].join("; ") || "none"
  );
}

function recordsPart(map: DataMap, rules: readonly RuleSentence[]): Markup {
  const rows = anchorsOf(map);
  const said = new Map(rules.map(({ record, sentence }) => [record, sentence]));
  return table(
    "Record types",
    "Each with its place, what leads to it, and its rule in words",
    ["Record type", "Place", "Found by", "Trail of", "Held by", "Its hold keeps", "Rule"],
    map.systems.flatMap((system) =>
      system.records.map(
        (record) =>
          html`<tr id="${rows.get(`record:${record.id}`) ?? ""}">
            <th scope="row">${record.id}</th>
            <td>${system.kind}: <code>${placeOf(record)}</code></td>
            <td>${foundBy(record)}</td>
            <td>${listed(record.auditOf)}</td>
            <td>${listed([...new Set(record.holds.map(({ hold }) => hold))])}</td>
            <td>${listed([...new Set(record.holds.flatMap(({ protects }) => protects))])}</td>
            <td>${said.get(record.id) ?? ""}</td>
          </tr>`,
      ),
    ),
    "None.",
  );
}

function placeOf({ place }: RecordType): string {
  switch (place.kind) {
    case "table":
      return `table ${place.schema === undefined ? "" : `${place.schema}.`}${place.table}`;
    case "index":
      return `index ${place.pattern}`;
    case "files":
      return `files ${place.globs.join(", ")}`;
    case "keys":
      return `objects ${place.templates.join(", ")}`;
  }
}

function foundBy({ match }: RecordType): string {
  return match.terms
    .map(({ column, source }) =>
      source.kind === "identity"
        ? `${column} = ${source.identity}`
        : `${column} = ${source.ref.record}.${source.ref.column}`,
    )
    .join(match.mode === "all" ? " and " : " or ");
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "–" : names.join(", ");
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
