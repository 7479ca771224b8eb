import { registry } from "../../../connectors/registry.ts";
import { ownKeys } from "../../../src/datamap/own-keys.ts";
import { dataMapSchema } from "../../../src/datamap/json-schema.ts";

export async function connectorTable(): Promise<string> {
  const rows = await Promise.all(
    registry.connectors.map(
      async ({ kind, called, config }) =>
        `| [\`${kind}\`](docs/connectors/${kind}.md) | ${called} | ${(await config()).actions.map((action) => `\`${action}\``).join(" ")} |`,
    ),
  );
  return ["| kind | system | `do` |", "|---|---|---|", ...rows].join("\n");
}

/** The keys that each kind has beside those of every system and record type. */
export async function kindKeysTable(): Promise<string> {
  const rows = await Promise.all(
    registry.connectors.map(async ({ kind, config }) => {
      const { connect, system, record } = (await config()).block;
      const cells = [connect, system, record].map((keys) =>
        Object.keys(keys)
          .map((key) => `\`${key}\``)
          .join(" "),
      );
      return `| \`${kind}\` | ${cells.join(" | ")} |`;
    }),
  );
  return ["| kind | in `connect` | of the system | of a record type |", "|---|---|---|---|", ...rows].join("\n");
}

/** The data map's schema with the keys of every kind. */
export async function wholeSchema(): Promise<string> {
  const configs = await Promise.all(registry.connectors.map(async ({ config }) => await config()));
  return dataMapSchema(ownKeys(configs.map(({ block }) => block)));
}
