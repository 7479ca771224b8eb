/** The plain text of a letter, read as headings, lists and paragraphs, and written again for mail or as a page. */
import { html, type Markup, raw } from "../reports/markup.ts";

type Block =
  | { readonly kind: "title" | "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] };

/** Stands around every value that a template writes, so that none can begin a heading or a list. */
const OPENS = "\uE000";
const CLOSES = "\uE001";
const MARKS = /[\uE000\uE001]/gu;
/** What a value may not bring: ends of lines, control characters, marks that nobody sees or that turn the text's direction. */
const UNWANTED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]+/gu;

/** A value as it may stand in a letter: in one line, and told from the template's own text. */
export function marked(value: unknown): string {
  const text =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  return `${OPENS}${text.replaceAll(UNWANTED, " ").trim()}${CLOSES}`;
}

/** `# ` a title, `## ` a heading, `- ` an item, an empty line between paragraphs. */
export function readBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const end = (): void => {
    if (paragraph.length > 0) blocks.push({ kind: "paragraph", text: paragraph.join("\n") });
    paragraph = [];
  };
  for (const line of text.split(/\r?\n/u).map((each) => each.trim())) {
    const [, sign, rest = ""] = /^(#{1,2}|-) +(.*)$/u.exec(line) ?? [];
    if (line.replaceAll(MARKS, "") === "") end();
    else if (sign === undefined) paragraph.push(clean(line));
    else {
      end();
      const last = blocks.at(-1);
      if (sign !== "-") blocks.push({ kind: sign === "#" ? "title" : "heading", text: clean(rest) });
      else if (last?.kind === "list") blocks.splice(-1, 1, { kind: "list", items: [...last.items, clean(rest)] });
      else blocks.push({ kind: "list", items: [clean(rest)] });
    }
  }
  end();
  return blocks;
}

function clean(text: string): string {
  return text.replaceAll(MARKS, "").replaceAll(/ {2,}/gu, " ").trim();
}

/** For mail: lines of at most 78 characters, underlined headings. */
export function asText(blocks: readonly Block[]): string {
  const parts = blocks.map((block) => {
    switch (block.kind) {
      case "title":
      case "heading": {
        const sign = block.kind === "title" ? "=" : "-";
        const lines = wrapped(block.text, "");
        return `${lines}\n${sign.repeat(Math.max(...lines.split("\n").map((line) => line.length)))}`;
      }
      case "paragraph":
        return block.text
          .split("\n")
          .map((line) => wrapped(line, ""))
          .join("\n");
      case "list":
        return block.items.map((item) => `- ${wrapped(item, "  ")}`).join("\n");
    }
  });
  return `${parts.join("\n\n")}\n`;
}

const WIDTH = 78;

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
}

/** Every text is escaped; addresses of pages become links. */
export function asMarkup(blocks: readonly Block[]): readonly Markup[] {
  return blocks.map((block) => {
    switch (block.kind) {
      case "title":
        return html`<h1>${linked(block.text)}</h1> `;
      case "heading":
        return html`<h2>${linked(block.text)}</h2> `;
      case "paragraph":
        return html`<p>
          ${block.text.split("\n").map((line, at) => html`${at === 0 ? raw("") : raw("<br />")}${linked(line)}`)}
        </p> `;
      case "list":
        return html`<ul>
          ${block.items.map((item) => html`<li>${linked(item)}</li> `)}
        </ul> `;
    }
  });
}

/** The title's text, for the head of a page. */
export function titleIn(blocks: readonly Block[]): string | undefined {
  const title = blocks.find((block) => block.kind === "title");
  return title?.kind === "title" ? title.text : undefined;
}

const ADDRESS = /(https:\/\/[^\s<>"'()]+[^\s<>"'().,;:])/u;

function linked(text: string): Markup {
  return html`${text.split(ADDRESS).map((part) => (ADDRESS.test(part) && part.startsWith("https://") ? html`<a href="${part}">${part}</a>` : html`${part}`))}`;
}
