/** The data map as a graph: what leads from an identity to which record type, and which systems are copies. For Mermaid and Graphviz. */
import type { DataMap, RecordType } from "../model/datamap.ts";

export interface Drawing {
  readonly identities: readonly string[];
  readonly systems: readonly { readonly name: string; readonly records: readonly Box[] }[];
  readonly edges: readonly Edge[];
}

interface Box {
  readonly id: string;
  readonly name: string;
  readonly does: string;
}

interface Edge {
  /** `identity:email`, `record:shop.orders`, `system:shop`. */
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** A copy: nobody is found by it. */
  readonly copy: boolean;
}

export function drawingOf(map: DataMap): Drawing {
  const records = map.systems.flatMap((system) => system.records);
  return {
    identities: map.identities.map(({ name }) => name),
    systems: map.systems.map(({ name, records: own }) => ({
      name,
      records: own.map(({ id, name: called, do: does }) => ({ id, name: called, does })),
    })),
    edges: [
      ...records.flatMap(matchEdges),
      ...map.identities.flatMap(({ name, foundIn }): Edge[] =>
        foundIn === undefined
          ? []
          : [{ from: `record:${foundIn.record}`, to: `identity:${name}`, label: foundIn.column, copy: false }],
      ),
      ...map.systems.flatMap(({ name, copyOf, feeds }): Edge[] => [
        ...(copyOf === undefined
          ? []
          : [{ from: `record:${copyOf}`, to: `system:${name}`, label: "copy", copy: true }]),
        ...feeds.map((fed) => ({ from: `system:${name}`, to: `system:${fed}`, label: "feeds", copy: true })),
      ]),
    ],
  };
}

function matchEdges({ id, match }: RecordType): Edge[] {
  return match.terms.map(({ column, source }) => ({
    from: source.kind === "identity" ? `identity:${source.identity}` : `record:${source.ref.record}`,
    to: `record:${id}`,
    label: source.kind === "identity" ? column : `${column} = ${source.ref.column}`,
    copy: false,
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
      ({ from, to, label, copy }) =>
        `  ${ids(from)} ${copy ? "-." : "--"} ${quoted(label)} ${copy ? ".->" : "-->"} ${ids(to)}`,
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
      ({ from, to, label, copy }) =>
        `  ${at(from)} -> ${at(to)} [label=${quoted(label)}${copy ? ", style=dashed" : ""}];`,
    ),
    "}",
    "",
  ].join("\n");
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
