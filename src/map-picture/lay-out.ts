/** Where each box and line of the picture goes. The library reckons it; what it must not see (words, colours) it does not get. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Drawing, Edge } from "../datamap/drawing.ts";
import { type Lines, linesOf, sizeOf, widthOf } from "./words.ts";

export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Node extends Spot {
  /** `identity:email`, `record:shop.orders`, `system:shop`. */
  readonly id: string;
  readonly lines: Lines;
}

export interface Frame extends Spot {
  readonly system: string;
  readonly kind: string;
}

export interface Line extends Edge {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** The middle of its words. */
  readonly at: { readonly x: number; readonly y: number };
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  readonly nodes: readonly Node[];
  readonly lines: readonly Line[];
}

/** Air above and below a box. With the room between boxes it is what a system's name and the edge of its frame take. */
const AIR = 4;
const ROOM = 10;
const TITLE = 14;
const LABEL_HEIGHT = 16;

export function layOut(drawing: Drawing): Picture {
  const boxes = nodesOf(drawing);
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: ROOM, edgesep: 6, ranksep: 72, marginx: 24, marginy: 24 });
  for (const { id, lines } of boxes) {
    const { width, height } = sizeOf(lines);
    graph.setNode(id, { width, height: height + 2 * AIR });
  }
  for (const { name } of drawing.systems) graph.setNode(`frame:${name}`, {});
  for (const { id, frame } of boxes) if (frame !== undefined) graph.setParent(id, `frame:${frame}`);
  const known = new Set(boxes.map(({ id }) => id));
  const edges = drawing.edges.filter(({ from, to }) => known.has(from) && known.has(to));
  for (const [at, { from, to, label }] of edges.entries())
    graph.setEdge(from, to, { width: wordsWidth(label), height: LABEL_HEIGHT, labelpos: "c" }, String(at));
  layout(graph);

  const spots = boxes.map(({ id, lines }): Node => {
    const { x = 0, y = 0, width, height } = graph.node(id);
    return { id, lines, x: x - width / 2, y: y - height / 2 + AIR, width, height: height - 2 * AIR };
  });
  const laid = edges.map((edge, at) => {
    const { points = [], x = 0, y = 0 } = graph.edge(edge.from, edge.to, String(at));
    return { ...edge, points, at: { x, y } };
  });
  const columns = columnsOf([
    ...spots.map(({ x, width }) => ({ middle: x + width / 2, width })),
    ...laid.map(({ at, label }) => ({ middle: at.x, width: wordsWidth(label) })),
  ]);
  const nodes = spots.map((node): Node => {
    const column = columns(node.x + node.width / 2);
    if (node.id.startsWith("identity:") || column === undefined) return node;
    return { ...node, x: column.left, width: column.right - column.left };
  });
  const placed = new Map(nodes.map((node) => [node.id, node]));
  const frames = drawing.systems.map(({ name, kind }): Frame => {
    const inside = boxes.flatMap(({ id, frame }) => (frame === name ? [placed.get(id)] : [])).filter(isThere);
    return { system: name, kind, ...around(inside, widthOf(`${name} · ${kind}`, "bold")) };
  });
  const lines = laid.map((edge) => ({ ...edge, points: routed(edge, placed, columns) }));
  const right = Math.max(
    0,
    ...[...frames, ...nodes].map(({ x, width }) => x + width),
    ...lines.flatMap(({ points }) => points.map(({ x }) => x)),
  );
  const bottom = Math.max(
    0,
    ...[...frames, ...nodes].map(({ y, height }) => y + height),
    ...lines.flatMap(({ points }) => points.map(({ y }) => y)),
  );
  return { width: Math.ceil(right + 16), height: Math.ceil(bottom + 16), frames, nodes, lines };
}

export function wordsWidth(label: string): number {
  return widthOf(label, "small") + 8;
}

interface Column {
  readonly left: number;
  readonly right: number;
}

/** What stands above each other has one middle. */
function columnsOf(
  things: readonly { readonly middle: number; readonly width: number }[],
): (middle: number) => Column | undefined {
  const columns = new Map<number, Column>();
  for (const { middle, width } of things) {
    const known = columns.get(Math.round(middle));
    columns.set(Math.round(middle), {
      left: Math.min(known?.left ?? Infinity, middle - width / 2),
      right: Math.max(known?.right ?? -Infinity, middle + width / 2),
    });
  }
  return (middle) => columns.get(Math.round(middle));
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From side to side, and level through every column: it rises and falls only where no box is. */
function routed(
  { from, to, points }: Edge & { readonly points: readonly Point[] },
  placed: ReadonlyMap<string, Node>,
  columns: (middle: number) => Column | undefined,
): readonly Point[] {
  const [source, target] = [placed.get(from), placed.get(to)];
  if (source === undefined || target === undefined || source === target) return points;
  const forward = middleOf(target) >= middleOf(source);
  const between = points.slice(1, -1).flatMap(({ x, y }) => {
    const column = columns(x);
    if (column === undefined) return [{ x, y }];
    const level = [
      { x: column.left, y },
      { x: column.right, y },
    ];
    return forward ? level : level.toReversed();
  });
  const first = points[1] ?? points[0];
  const last = points.at(-2) ?? points.at(-1);
  return [
    { x: forward ? source.x + source.width : source.x, y: beside(source, first) },
    { x: forward ? rightOf(source, columns) : leftOf(source, columns), y: beside(source, first) },
    ...between,
    { x: forward ? leftOf(target, columns) : rightOf(target, columns), y: beside(target, last) },
    { x: forward ? target.x : target.x + target.width, y: beside(target, last) },
  ];
}

function middleOf({ x, width }: Spot): number {
  return x + width / 2;
}

function leftOf(spot: Spot, columns: (middle: number) => Column | undefined): number {
  return (columns(middleOf(spot))?.left ?? spot.x) - 6;
}

function rightOf(spot: Spot, columns: (middle: number) => Column | undefined): number {
  return (columns(middleOf(spot))?.right ?? spot.x + spot.width) + 2;
}

/** Where on its side a line meets a box: as high as it comes from, and not at a corner. */
function beside({ y, height }: Spot, from: Point | undefined): number {
  return Math.min(Math.max(from?.y ?? y + height / 2, y + 8), y + height - 8);
}

interface Boxed {
  readonly id: string;
  readonly lines: Lines;
  readonly frame?: string;
}

function nodesOf({ identities, systems, edges }: Drawing): readonly Boxed[] {
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return [
    ...identities.map((name): Boxed => ({ id: `identity:${name}`, lines: { name, more: [] } })),
    ...systems.flatMap(({ name, records }): Boxed[] => [
      // a line that ends at a whole system needs something to end at
      ...(ends.has(`system:${name}`) || records.length === 0
        ? [{ id: `system:${name}`, lines: { name: `all of ${name}`, more: [] }, frame: name }]
        : []),
      ...records.map((record): Boxed => ({ id: `record:${record.id}`, lines: linesOf(record), frame: name })),
    ]),
  ];
}

function around(spots: readonly Spot[], title: number): Spot {
  const left = Math.min(...spots.map(({ x }) => x)) - 8;
  const top = Math.min(...spots.map(({ y }) => y)) - TITLE - 6;
  const right = Math.max(...spots.map(({ x, width }) => x + width), left + title) + 8;
  const bottom = Math.max(...spots.map(({ y, height }) => y + height)) + 8;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
