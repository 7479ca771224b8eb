import { registry } from "../../../connectors/registry.ts";

export async function connectorTable(): Promise<string> {
  const rows = await Promise.all(
    registry.connectors.map(
      async ({ kind, called, config }) =>
        `| [\`${kind}\`](docs/connectors/${kind}.md) | ${called} | ${(await config()).actions.map((action) => `\`${action}\``).join(" ")} |`,
    ),
  );
  return ["| kind | system | `do` |", "|---|---|---|", ...rows].join("\n");
}
