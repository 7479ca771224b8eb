import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand } from "../../src/base-command.ts";
import type { BlockKeys } from "../../src/port/keys.ts";
import { table } from "../../src/terminal/show.ts";

/** Its keys of the data map by where they stand. */
function keysOf({ connect, system, record }: BlockKeys): Readonly<Record<keyof BlockKeys, readonly string[]>> {
  return { connect: Object.keys(connect), system: Object.keys(system), record: Object.keys(record) };
}

export default class ConnectorList extends BaseCommand {
  static override summary = "The kinds of systems that can be erased from, and what can be done in each.";

  protected override async work(): Promise<Answer> {
    await this.parse(ConnectorList);
    const connectors = await Promise.all(
      registry.connectors.map(async ({ kind, called, config }) => {
        const { actions, block } = await config();
        return { kind, called, actions, keys: keysOf(block) };
      }),
    );
    const rows = connectors.map(({ kind, called, actions }) => [kind, called, actions.join(", ")]);
    return { data: { connectors }, human: table(rows, ["kind", "system", "can"]) };
  }
}
