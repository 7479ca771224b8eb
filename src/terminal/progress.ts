import type { Tone } from "./tone.ts";

/** How far something is that takes longer than a second. On stderr. */
export interface Progress extends Disposable {
  /** What is done now, `shop.orders`; the count begins anew. */
  label(text: string): void;
  done(count: number): void;
  /** Takes the line away before something else is written. */
  clear(): void;
}

/** What is written to. */
interface Screen {
  readonly isTTY: boolean;
  write(text: string): unknown;
}

const FIRST_AFTER_MS = 1000;
/** Off a terminal every message is a line of its own, so it comes seldom. */
const EVERY_MS = { terminal: 200, lines: 5000 };

export function showProgress({ json, quiet, plain }: Tone, stream: Screen = process.stderr): Progress {
  const inPlace = stream.isTTY && !plain && !json;
  const every = inPlace ? EVERY_MS.terminal : EVERY_MS.lines;
  const began = performance.now();
  let shownAt = began + FIRST_AFTER_MS - every;
  let shown = false;
  let what = "";
  const show = (text: string): void => {
    const now = performance.now();
    if (quiet || now - shownAt < every) return;
    shownAt = now;
    shown = true;
    stream.write(inPlace ? `\r\u001B[2K${text}` : `${text}\n`);
  };
  const clear = (): void => {
    if (shown && inPlace) stream.write("\r\u001B[2K");
    shown = false;
  };
  return {
    label(text) {
      what = text;
      show(`${what} …`);
    },
    done: (count) => show(`${what === "" ? "" : `${what}: `}${count} records`),
    clear,
    [Symbol.dispose]: clear,
  };
}
