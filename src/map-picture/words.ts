/** The words in a box of the picture, and how much room they take: nothing is painted here, so it is reckoned, rather too much than too little. */
import type { Box } from "../datamap/drawing.ts";

export interface Lines {
  readonly name: string;
  readonly more: readonly string[];
}

const MOST = 40;
const LINE = 16;
const PADDING = 10;

export function linesOf({ name, does, place, holds, unless, trail }: Box): Lines {
  const own = place === name ? [] : [cut(place)];
  const more = [
    does,
    ...(trail ? ["audit trail"] : []),
    ...(unless === undefined ? [] : [`unless ${unless}`]),
    ...(holds.length === 0 ? [] : [`held: ${holds.join(", ")}`]),
  ];
  return { name: cut(name), more: [...own, ...(more.join(" · ").length > MOST ? more.map(cut) : [more.join(" · ")])] };
}

export function sizeOf({ name, more }: Lines): { readonly width: number; readonly height: number } {
  const width = Math.max(widthOf(name, "bold"), ...more.map((text) => widthOf(text, "small")));
  return { width: Math.ceil(Math.max(60, width + 2 * PADDING)), height: (1 + more.length) * LINE + 12 };
}

const EM = { bold: 14, small: 12 };

/** In pixels of the picture. */
export function widthOf(text: string, style: "bold" | "small"): number {
  const wide = signsOf(text).reduce((sum, sign) => sum + (/^[^ -˿]/u.test(sign) ? 1.05 : 0.62), 0);
  return Math.ceil(wide * EM[style] * (style === "bold" ? 1.05 : 1));
}

export function cut(text: string): string {
  const signs = signsOf(text);
  return signs.length <= MOST ? text : `${signs.slice(0, MOST - 1).join("")}…`;
}

function signsOf(text: string): readonly string[] {
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
}
