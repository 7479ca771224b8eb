/** The small parts of a report's page. */
import type { Status } from "../model/status.ts";
import { html, type Markup, raw } from "./markup.ts";
import { spoken } from "./spoken-date.ts";
import { STYLE } from "./style.ts";

/** A page that needs nothing but itself. `title` is its heading too; `look`: style of its own. */
export function wholePage(title: string, body: Markup, look = ""): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title}</title>
        <style>
          ${raw(STYLE + look)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
  return page.markup;
}

/** `rows` and `foot` are whole `tr` elements; without rows `none` is said. */
export function table(
  heading: string,
  caption: string,
  columns: readonly string[],
  rows: readonly Markup[],
  none: string,
  foot?: Markup,
): Markup {
  if (rows.length === 0)
    return html`<h2>${heading}</h2>
      <p>${none}</p>`;
  return html`<h2>${heading}</h2>
    <div class="wide" role="region" aria-label="${heading}" tabindex="0">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
        ${
          foot === undefined
            ? html``
            : html`<tfoot>
                ${foot}
              </tfoot>`
        }
      </table>
    </div>`;
}

export function fact(term: string, said: Markup): Markup {
  return html`<dt>${term}</dt>
    <dd>${said}</dd>`;
}

export function day(date: string): Markup {
  return html`<time datetime="${date}">${spoken(date)}</time>`;
}

export function number(count: number): Markup {
  return html`<td class="number">${count}</td>`;
}

export function toneOf(status: Status): "good" | "warn" | "bad" {
  switch (status) {
    case "deleted":
    case "anonymised":
    case "redacted":
    case "already_gone":
    case "nothing_found":
      return "good";
    case "failed":
    case "blocked":
    case "unverifiable":
    case "not_checked":
      return "bad";
    case "waiting":
    case "kept":
    case "residue":
    case "soft_deleted":
    case "restored":
    case "accepted":
    case "pseudonymised":
      return "warn";
  }
}
