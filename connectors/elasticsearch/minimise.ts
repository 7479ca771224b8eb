import { removalOf, type JsonNode, type TextEdit } from "../../src/documents/json-text.ts";

/** Takes out whatever is not kept and does not lead to something kept. `kept`: full names of fields, where they lie. */
export function minimisingEdits(source: JsonNode, kept: readonly string[]): TextEdit[] {
  const edits: TextEdit[] = [];
  const visit = (node: JsonNode, above: string): void => {
    if (node.kind === "scalar") return;
    if (node.kind === "array") {
      for (const item of node.items) visit(item, above);
      return;
    }
    const gone = new Set<number>();
    for (const [index, { key, value }] of node.members.entries()) {
      const name = above === "" ? key : `${above}.${key}`;
      if (kept.some((wanted) => name === wanted || name.startsWith(`${wanted}.`))) continue;
      if (kept.some((wanted) => wanted.startsWith(`${name}.`)) && value.kind !== "scalar") visit(value, name);
      else gone.add(index);
    }
    edits.push(...removalOf(node, gone));
  };
  visit(source, "");
  return edits;
}
