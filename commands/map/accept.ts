import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";

const MOST_LINES = 50;

export default class MapAccept extends BaseCommand {
  static override summary = "Show, or record, the structure of the systems that `map check` compares with.";
  static override description =
    "Names and types, no values, in datamap.lock.json beside the data map: keep it in git. The same structure gives the same bytes. Names lose whatever may be a person's. Needs no workspace.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --write"];
  static override flags = { write: Flags.boolean({ default: false, summary: "Record it." }) };

  protected override async work({ signal, progress }: Session): Promise<Answer> {
    const { flags } = await this.parse(MapAccept);
    const { acceptStructure } = await import("../../src/check-map.ts");
    const { count, safe } = await import("../../src/terminal/show.ts");
    const { file, changes, written } = await acceptStructure(
      { places: flags, registry, signal, systems: [], label: (text) => progress.label(text) },
      flags.write,
    );
    const lines = changes.map(({ system, store, column, change, type, was }) => {
      const name = safe(`${system}.${store}${column === undefined ? "" : `.${column}`}`);
      switch (change) {
        case "added":
          return `+ ${name}${type === undefined || type === "" ? "" : `  ${safe(type)}`}`;
        case "removed":
          return `- ${name}`;
        case "retyped":
          return `~ ${name}  ${safe(was ?? "")} → ${safe(type ?? "")}`;
      }
    });
    const more = lines.length - MOST_LINES;
    const shown = more > 0 ? [...lines.slice(0, MOST_LINES), `and ${more} more: --json lists each`] : lines;
    const summary = changes.length === 0 ? "nothing has changed" : count(changes.length, "change");
    return {
      data: { file, written, changes },
      human: [...shown, `${file}: ${summary}${written ? ", recorded" : ""}`].join("\n"),
      next: written || changes.length === 0 ? [] : ["expunge map accept --write"],
    };
  }
}
