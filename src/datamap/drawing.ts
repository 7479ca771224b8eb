/** The data map as a graph: what leads from an identity to which record type, which systems are copies, what is a trail of what, and what a hold keeps. For Mermaid, Graphviz and the page. */
import type { DataMap, Place, RecordType } from "../model/datamap.ts";

export interface Drawing {
  readonly identities: readonly string[];
  readonly systems: readonly { readonly name: string; readonly kind: string; readonly records: readonly Box[] }[];
  readonly edges: readonly Edge[];
}

export interface Box {
  readonly id: string;
  readonly name: string;
  readonly does: string;
  /** Where its records lie, as the map has it. */
  readonly place: string;
  /** Names of holds that keep it for a time. */
  readonly holds: readonly string[];
  /** A condition that it waits for. */
  readonly unless?: string;
  readonly trail: boolean;
}

export type EdgeKind = "match" | "found" | "copy" | "feeds" | "backup" | "trail" | "protects";

export interface Edge {
  /** `identity:email`, `record:shop.orders`, `system:shop`. */
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** Only by `match` and `found` is anybody found. */
  readonly kind: EdgeKind;
}

export function drawingOf(map: DataMap): Drawing {
  const records = map.systems.flatMap((system) => system.records);
  return {
    identities: map.identities.map(({ name }) => name),
    systems: map.systems.map(({ name, kind, records: own }) => ({ name, kind, records: own.map(boxOf) })),
    edges: [
      ...records.flatMap(matchEdges),
      ...map.identities.flatMap(({ name, foundIn }): Edge[] =>
        foundIn === undefined
          ? []
          : [{ from: `record:${foundIn.record}`, to: `identity:${name}`, label: foundIn.column, kind: "found" }],
      ),
      ...map.systems.flatMap(({ name, copyOf, feeds, covers }): Edge[] => [
        ...(copyOf === undefined
          ? []
          : [{ from: `record:${copyOf}`, to: `system:${name}`, label: "copy", kind: "copy" as const }]),
        ...feeds.map((fed) => ({
          from: `system:${name}`,
          to: `system:${fed}`,
          label: "feeds",
          kind: "feeds" as const,
        })),
        ...covers.map((one) => ({
          from: `system:${one}`,
          to: `system:${name}`,
          label: "backup",
          kind: "backup" as const,
        })),
      ]),
      ...records.flatMap(({ id, auditOf, holds }): Edge[] => [
        ...auditOf.map((of) => ({ from: `record:${of}`, to: `record:${id}`, label: "trail", kind: "trail" as const })),
        ...[...new Set(holds.flatMap(({ protects }) => protects))].map((kept) => ({
          from: `record:${id}`,
          to: `record:${kept}`,
          label: "keeps",
          kind: "protects" as const,
        })),
      ]),
    ],
  };
}

function boxOf({ id, name, do: does, place, holds, unless, auditOf }: RecordType): Box {
  return {
    id,
    name,
    does,
    place: placeWords(place),
    holds: [...new Set(holds.map(({ hold }) => hold))],
    ...(unless === undefined ? {} : { unless }),
    trail: auditOf.length > 0,
  };
}

function placeWords(place: Place): string {
  switch (place.kind) {
    case "table":
      return place.schema === undefined ? place.table : `${place.schema}.${place.table}`;
    case "index":
      return place.pattern;
    case "files":
      return place.globs.join(", ");
    case "keys":
      return place.templates.join(", ");
  }
}

function matchEdges({ id, match }: RecordType): Edge[] {
  return match.terms.map(({ column, source }) => ({
    from: source.kind === "identity" ? `identity:${source.identity}` : `record:${source.ref.record}`,
    to: `record:${id}`,
    label: source.kind === "identity" ? column : `${column} = ${source.ref.column}`,
    kind: "match" as const,
  }));
}

export function mermaidOf(drawing: Drawing): string {
  const ids = idsOf(drawing);
  const quoted = (text: string) =>
    `"${text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;")}"`;
  return [
    "flowchart LR",
    ...drawing.identities.map((name) => `  ${ids(`identity:${name}`)}([${quoted(name)}])`),
    ...drawing.systems.flatMap(({ name, records }) => [
      `  subgraph ${ids(`system:${name}`)} [${quoted(name)}]`,
      ...records.map((record) => `    ${ids(`record:${record.id}`)}[${quoted(`${record.name}: ${record.does}`)}]`),
      "  end",
    ]),
    ...drawing.edges.map(
      ({ from, to, label, kind }) =>
        `  ${ids(from)} ${leads(kind) ? "--" : "-."} ${quoted(label)} ${leads(kind) ? "-->" : ".->"} ${ids(to)}`,
    ),
    "",
  ].join("\n");
}

export function dotOf(drawing: Drawing): string {
  const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', String.raw`\"`)}"`;
  // an edge to a cluster ends at a point in it
  const at = (name: string) => quoted(name);
  return [
    "digraph datamap {",
    "  rankdir=LR; compound=true; node [shape=box];",
    ...drawing.identities.map((name) => `  ${at(`identity:${name}`)} [shape=oval, label=${quoted(name)}];`),
    ...drawing.systems.flatMap(({ name, records }) => [
      `  subgraph ${quoted(`cluster ${name}`)} {`,
      `    label=${quoted(name)};`,
      `    ${at(`system:${name}`)} [shape=point, style=invis];`,
      ...records.map(
        (record) => `    ${at(`record:${record.id}`)} [label=${quoted(`${record.name}: ${record.does}`)}];`,
      ),
      "  }",
    ]),
    ...drawing.edges.map(
      ({ from, to, label, kind }) =>
        `  ${at(from)} -> ${at(to)} [label=${quoted(label)}${leads(kind) ? "" : ", style=dashed"}];`,
    ),
    "}",
    "",
  ].join("\n");
}

/** Whether somebody is found along it. */
function leads(kind: EdgeKind): boolean {
  return kind === "match" || kind === "found";
}

/** Names that need no quotes, in order. */
function idsOf({ identities, systems }: Drawing): (name: string) => string {
  const names = [
    ...identities.map((name) => `identity:${name}`),
    ...systems.flatMap(({ name, records }) => [`system:${name}`, ...records.map(({ id }) => `record:${id}`)]),
  ];
  const known = new Map(names.map((name, at) => [name, `n${at}`]));
  return (name) => known.get(name) ?? "n";
}
