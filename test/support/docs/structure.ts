import { circlesIn, edgesOf } from "../circles.ts";
import { importsOfTree } from "../imports.ts";

/** Folders and the files between them, who imports whom: a mermaid picture. What follows from other arrows is left out. */
export function structurePicture(root: string): string {
  const imports = importsOfTree(root, ["commands/**/*.ts", "connectors/**/*.ts", "src/**/*.ts"]).filter(
    ({ ours }) => ours,
  );
  const edges = edgesOf(imports.map(({ file, target }): [string, string] => [roomOf(file), roomOf(target)]));
  if (circlesIn(edges).length > 0) throw new Error("rooms import each other in a circle");
  const rooms = [...new Set([...edges.keys(), ...[...edges.values()].flatMap((some) => [...some])])]
    .filter(isShown)
    .toSorted();
  const reach = new Map<string, ReadonlySet<string>>();
  const reaches = (from: string): ReadonlySet<string> => {
    const known = reach.get(from);
    if (known !== undefined) return known;
    const all = new Set<string>();
    for (const next of edges.get(from) ?? []) for (const one of [next, ...reaches(next)]) all.add(one);
    reach.set(from, all);
    return all;
  };
  const arrows = rooms.flatMap((from) => {
    const next = [...(edges.get(from) ?? [])].filter(isShown);
    return next
      .filter((to) => !next.some((other) => other !== to && reaches(other).has(to)))
      .map((to) => `  ${nameOf(from)} --> ${nameOf(to)}`);
  });
  return [
    "```mermaid",
    "flowchart TD",
    ...rooms.map((room) => `  ${nameOf(room)}["${room}"]`),
    ...arrows.toSorted(),
    "```",
  ].join("\n");
}

/** Small files that everybody uses would hide the rest. */
function isShown(room: string): boolean {
  return room !== "src/errors.ts" && room !== "src/write-whole.ts" && room !== "src/package-files.ts";
}

function nameOf(room: string): string {
  return room.replaceAll(/[^a-z]/giu, "_");
}

/** A folder of src or connectors, a file directly under them, the commands. */
export function roomOf(path: string): string {
  const [top = "", second = "", third] = path.split("/");
  if (top === "src" && third !== undefined) return `src/${second}`;
  if (top === "connectors" && third !== undefined) return "connectors/*";
  return top === "commands" ? top : path;
}
