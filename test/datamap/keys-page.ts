interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
}

/** docs/datamap-keys.md: every key of the schema, with its description. */
export function keysPage(schema: Schema): string {
  const rows = keys(schema, "");
  return [
    "# Keys of the data map",
    "",
    "Made from `manifests/datamap.schema.json`; a test keeps it so. How they work together: [datamap.md](datamap.md).",
    "",
    "| key | takes | what |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function keys(schema: Schema, above: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const path = above === "" ? name : `${above}.${name}`;
    const needed = schema.required?.includes(name) === true ? " (required)" : "";
    return [`| \`${path}\` | ${takes(each)}${needed} | ${each.description ?? ""} |`, ...keys(each, path)];
  });
  const named = schema.additionalProperties ? keys(schema.additionalProperties, `${above}.NAME`) : [];
  const either = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])].flatMap((each) =>
    keys(each, above),
  );
  return [...new Set([...own, ...named, ...either])];
}

function takes(schema: Schema): string {
  if (typeof schema.type === "object") return schema.type.map((type) => takes({ ...schema, type })).join(" or ");
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(takes))].join(" or ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((each) => `\`${String(each)}\``).join(", ");
  if (schema.type === "array" && schema.items?.type === "string" && schema.items.enum === undefined)
    return "a list of texts";
  if (schema.type === "array") return `a list of ${schema.items === undefined ? "values" : takes(schema.items)}`;
  if (schema.type === "object") return "a block";
  if (schema.type === "string") return "a text";
  return schema.type === "integer"
    ? "a whole number"
    : schema.type === "boolean"
      ? "`true`, `false`"
      : schema.type === "number"
        ? "a number"
        : "nothing";
}
