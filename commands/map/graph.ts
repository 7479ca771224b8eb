import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand } from "../../src/base-command.ts";
import { Failure } from "../../src/errors.ts";

export default class MapGraph extends BaseCommand {
  static override summary = "Draw the data map: what leads from an identity to which record type.";
  static override description = "No connection is made.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format dot --out datamap.dot",
  ];
  static override flags = {
    format: Flags.option({ options: ["mermaid", "dot", "html"] as const, default: "mermaid" })({
      summary: "mermaid for pages of code hosts, dot for Graphviz; html is not built yet.",
    }),
    out: Flags.string({ helpValue: "FILE", summary: "Write it there instead of on stdout." }),
  };

  protected override async work(): Promise<Answer> {
    const { flags } = await this.parse(MapGraph);
    if (flags.format === "html") throw new Failure("FORMAT_NOT_BUILT", "html is not built yet");
    const { dotOf, drawingOf, mermaidOf } = await import("../../src/datamap/drawing.ts");
    const { validMap } = await import("../../src/map-file.ts");
    const { openMap } = await import("../../src/workspace.ts");
    const { writeWhole } = await import("../../src/write-whole.ts");
    const drawing = drawingOf(validMap(await openMap(flags, registry)));
    const text = flags.format === "dot" ? dotOf(drawing) : mermaidOf(drawing);
    if (flags.out === undefined)
      return { data: { format: flags.format, graph: text, files: [] }, human: text.trimEnd() };
    const file = writeWhole(flags.out, text);
    return { data: { format: flags.format, graph: text, files: [file] }, human: `wrote ${file.path}` };
  }
}
