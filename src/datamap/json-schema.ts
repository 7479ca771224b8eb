import { z } from "zod";
import type { BlockKeys } from "../port/keys.ts";
import { SHAPE, shapeWith } from "./shape.ts";
import type { Path } from "./source.ts";

/** JSON Schema (draft-07) of a data map, for editors: the bytes of manifests/datamap.schema.json. `own`: what kinds have beside the keys that the core reads. */
export function dataMapSchema(own?: BlockKeys): string {
  const { $schema, ...schema } = z.toJSONSchema(own === undefined ? SHAPE : shapeWith(own), { target: "draft-7" });
  return `${JSON.stringify({ $schema, title: "Data map of expunge", ...schema }, null, 2)}\n`;
}

/** The keys that may stand in the block at this path. */
export function keysAt(path: Path, own?: BlockKeys): string[] {
  const schema: unknown = JSON.parse(dataMapSchema(own));
  const found = path.reduce<unknown[]>(
    (schemas, step) => schemas.flatMap((each) => below(each, step)),
    alternatives(schema),
  );
  return [...new Set(found.flatMap((each) => Object.keys(part(each, "properties") ?? {})))];
}

function below(schema: unknown, step: string | number): unknown[] {
  const next =
    typeof step === "number"
      ? part(schema, "items")
      : (part(part(schema, "properties"), step) ?? part(schema, "additionalProperties"));
  return next === undefined ? [] : alternatives(next);
}

function alternatives(schema: unknown): unknown[] {
  const any = part(schema, "anyOf");
  return Array.isArray(any) ? any.flatMap(alternatives) : [schema];
}

function part(value: unknown, key: string): object | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = new Map<string, unknown>(Object.entries(value)).get(key);
  return typeof found === "object" && found !== null ? found : undefined;
}
