/** Templates are written in Liquid, which runs no code and here reads no file. */
import { Liquid } from "liquidjs";
import { Failure } from "../errors.ts";
import { marked } from "./blocks.ts";
import type { LetterFacts } from "./facts.ts";

export interface Template {
  /** As people may call it: a file's name. */
  readonly name: string;
  readonly text: string;
}

/** `html`: values are escaped for a page; else they are marked for `readBlocks`. Throws LETTER_TEMPLATE where the template is mistaken. */
export async function render({ name, text }: Template, facts: LetterFacts, html: boolean): Promise<string> {
  const liquid = new Liquid({
    // an officer's template is told of a name that there is not, instead of leaving a hole in a letter
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // an empty text and 0 are no
    jsTruthy: true,
    // no `render`, `include` or `layout` finds a file
    templates: {},
    outputEscape: html ? "escape" : marked,
    parseLimit: 1_000_000,
    renderLimit: 5000,
    memoryLimit: 10_000_000,
  });
  try {
    const written: unknown = await liquid.parseAndRender(text, facts);
    return String(written);
  } catch (error) {
    // its first line names what is wrong, and where in the template; no value stands in it
    const [said = ""] = (error instanceof Error ? error.message : "").split("\n");
    throw new Failure("LETTER_TEMPLATE", `${name}: ${said}`);
  }
}
