import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand } from "../../src/base-command.ts";
import { table } from "../../src/terminal/show.ts";

export default class ConnectorList extends BaseCommand {
  static override summary = "The kinds of systems that can be erased from, and what can be done in each.";

  protected override async work(): Promise<Answer> {
    await this.parse(ConnectorList);
    const connectors = await Promise.all(
      registry.connectors.map(async ({ kind, called, config }) => ({
        kind,
        called,
        actions: (await config()).actions,
      })),
    );
    const rows = connectors.map(({ kind, called, actions }) => [kind, called, actions.join(", ")]);
    return { data: { connectors }, human: table(rows, ["kind", "system", "can"]) };
  }
}
