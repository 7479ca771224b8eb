import { z } from "zod";
import { OUTPUTS } from "../output-schemas.ts";

/** `docs/schemas/NAME.json`: what a command returns with `--json`, one file a schema. */
export function schemaFiles(): readonly (readonly [string, string])[] {
  return Object.entries(OUTPUTS).map(([name, schema]) => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12" });
    return [
      `docs/schemas/${name}.json`,
      `${JSON.stringify({ $schema, title: `expunge ${name}`, ...rest }, undefined, 2)}\n`,
    ] as const;
  });
}
