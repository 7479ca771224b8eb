/** A letter to the person who asked: a draft for somebody to read and send. Nothing is sent. */
import type { Language } from "../model/in-languages.ts";
import { html, raw } from "../reports/markup.ts";
import { STYLE } from "../reports/style.ts";
import { asMarkup, asText, readBlocks, titleIn } from "./blocks.ts";
import { factsOf, type LetterSources } from "./facts.ts";
import type { LetterFormat } from "./kinds.ts";
import { render, type Template } from "./render.ts";

export interface LetterTemplates {
  /** In plain words; serves both formats. */
  readonly text: Template;
  /** A whole page, where the officer has made one. */
  readonly page?: Template;
}

export async function letter(
  sources: LetterSources,
  { text, page }: LetterTemplates,
  format: LetterFormat,
): Promise<string> {
  const facts = factsOf(sources);
  if (format === "html" && page !== undefined) return await render(page, facts, true);
  const blocks = readBlocks(await render(text, facts, false));
  return format === "txt" ? asText(blocks) : pageOf(blocks, sources.language, sources.request);
}

function pageOf(blocks: ReturnType<typeof readBlocks>, language: Language, request: string): string {
  const title = titleIn(blocks) ?? request;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title}</title>
        <style>
          ${raw(STYLE)} main {
            max-width: 44rem;
          }
          a {
            color: inherit;
          }
        </style>
      </head>
      <body>
        <main>${asMarkup(blocks)}</main>
      </body>
    </html> `.markup;
}
