/** Sets values at paths of a line that may not be there yet, and tells the line without them. */
import { Failure } from "../errors.ts";
import { editJson, type JsonEdit } from "./json-edit.ts";
import { pathTree } from "./json-path.ts";
import { type JsonValue, readJson } from "./json-values.ts";

/** The paths of the objects on the way to a path: `a` and `a.b` of `a.b.c`. */
export function objectsAbove(path: string): readonly string[] {
  const keys = path.split(".");
  return keys.slice(1).map((_, at) => keys.slice(0, at + 1).join("."));
}

/** The line with this value at the path. Objects on the way that are not there are made; everything else stays as it is written. */
export function withPath(text: string, path: string, value: string): string {
  const objects = objectsAbove(path);
  const at = valuesAt(text, [path, ...objects]);
  const [there] = at(path);
  if (there !== undefined)
    return editJson(text, [{ value: there, text: isBare(there, value) ? value : JSON.stringify(value) }]);
  const holder = objects.findLast((above) => at(above).length > 0);
  const keys = path.split(".").slice(holder === undefined ? 0 : holder.split(".").length);
  const bare = /^(?:true|false)$/u.test(value);
  const member = keys.reduceRight(
    (inner, key, depth) => `${depth === 0 ? "" : "{"}${JSON.stringify(key)}:${inner}${depth === 0 ? "" : "}"}`,
    bare ? value : JSON.stringify(value),
  );
  const [object] =
    holder === undefined ? [{ start: text.indexOf("{"), end: text.lastIndexOf("}") + 1, kind: "object" }] : at(holder);
  if (object?.kind !== "object")
    throw new Failure("FIELD_REFUSED", `there is no object in which "${path}" could stand`);
  const inside = text.slice(object.start + 1, object.end - 1).trimEnd();
  const end = object.start + 1 + (inside.trimStart() === "" ? 0 : inside.length);
  return `${text.slice(0, end)}${inside.trimStart() === "" ? "" : ","}${member}${text.slice(end)}`;
}

/** The line without these paths, and without objects on the way that hold nothing else: the same before they are set and after. */
export function withoutPaths(text: string, paths: readonly string[]): string {
  const at = valuesAt(text, paths);
  let rest = editJson(
    text,
    paths.flatMap((path) => at(path).map((value): JsonEdit => ({ value, remove: true }))),
  );
  const above = [...new Set(paths.flatMap(objectsAbove))].toSorted((a, b) => b.length - a.length);
  for (const path of above) {
    const empty = valuesAt(rest, [path])(path).filter(
      ({ kind, start, end }) => kind === "object" && rest.slice(start + 1, end - 1).trim() === "",
    );
    rest = editJson(
      rest,
      empty.map((value): JsonEdit => ({ value, remove: true })),
    );
  }
  return rest;
}

/** A flag stays what it was: `true` takes the place of `false`, and a number that of a number. */
export function isBare({ kind }: JsonValue, value: string | number | boolean): boolean {
  const is =
    kind === "null"
      ? /^(?:true|false)$/u
      : kind === "boolean"
        ? /^(?:true|false)$/u
        : kind === "number"
          ? /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u
          : undefined;
  return is?.test(String(value)) === true;
}

function valuesAt(text: string, paths: readonly string[]): (path: string) => readonly JsonValue[] {
  const values = readJson(text, pathTree(paths, { dots: true }), paths.length);
  if (values === null) throw new Failure("UNEXPECTED", "a line that was read is no JSON object");
  return (path) => values[paths.indexOf(path)] ?? [];
}
