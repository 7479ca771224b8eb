import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand } from "../../src/base-command.ts";

export default class MapGraph extends BaseCommand {
  static override summary = "Draw the data map: what leads from an identity to which record type.";
  static override description = "No connection is made.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format dot --out datamap.dot",
    "<%= config.bin %> <%= command.id %> --format html --out datamap.html",
  ];
  static override flags = {
    format: Flags.option({ options: ["mermaid", "dot", "html"] as const, default: "mermaid" })({
      summary: "mermaid for pages of code hosts, dot for Graphviz, html for one page with a picture and tables.",
    }),
    out: Flags.string({ helpValue: "FILE", summary: "Write it there instead of on stdout." }),
  };

  protected override async work(): Promise<Answer> {
    const { flags } = await this.parse(MapGraph);
    const { dotOf, drawingOf, mermaidOf } = await import("../../src/datamap/drawing.ts");
    const { validMap } = await import("../../src/map-file.ts");
    const { openMap } = await import("../../src/workspace.ts");
    const { writeWhole } = await import("../../src/write-whole.ts");
    const map = validMap(await openMap(flags, registry));
    const drawing = drawingOf(map);
    const pageOf = async () => {
      const [{ graphPage }, { sentences }] = await Promise.all([
        import("../../src/map-picture/page.ts"),
        import("../../src/datamap/sentences.ts"),
      ]);
      return graphPage(map, drawing, sentences(map));
    };
    const text =
      flags.format === "html" ? await pageOf() : flags.format === "dot" ? dotOf(drawing) : mermaidOf(drawing);
    if (flags.out === undefined)
      return { data: { format: flags.format, graph: text, files: [] }, human: text.trimEnd() };
    const file = writeWhole(flags.out, text);
    return { data: { format: flags.format, graph: text, files: [file] }, human: `wrote ${file.path}` };
  }
}
