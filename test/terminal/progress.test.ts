import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { showProgress } from "../../src/terminal/progress.ts";
import type { Tone } from "../../src/terminal/tone.ts";

const tone: Tone = { json: false, quiet: false, verbose: false, plain: false };

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

function screen(isTTY: boolean): { readonly isTTY: boolean; write(text: string): void; written(): string } {
  let all = "";
  return { isTTY, write: (text) => void (all += text), written: () => all };
}

/** Ten steps of half a second. */
function work(how: Tone, isTTY: boolean): string {
  const out = screen(isTTY);
  {
    using progress = showProgress(how, out);
    progress.label("shop.orders");
    for (let done = 1; done <= 20; done++) {
      vi.advanceTimersByTime(500);
      progress.done(done * 100);
    }
  }
  return out.written();
}

test("nothing is shown within the first second, and nothing with --quiet", () => {
  const out = screen(true);
  {
    using progress = showProgress(tone, out);
    progress.label("shop.orders");
    vi.advanceTimersByTime(900);
    progress.done(7);
  }
  expect(out.written()).toBe("");
  expect(work({ ...tone, quiet: true }, true)).toBe("");
});

test("on a terminal one line changes in place and is gone at the end", () => {
  const text = work(tone, true);
  expect(text).not.toContain("\n");
  expect(text).toContain("shop.orders: 2000 records");
  expect(text.endsWith("\r\u001B[2K")).toBe(true);
});

test("off a terminal, with --plain and with --json it is a few plain lines", () => {
  for (const [how, isTTY] of [
    [tone, false],
    [{ ...tone, plain: true }, true],
    [{ ...tone, json: true }, true],
  ] as const) {
    const lines = work(how, isTTY).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.length).toBeLessThan(5);
    expect(lines.every((line) => /^shop\.orders: \d+ records$/u.test(line))).toBe(true);
  }
});

test("what is said in between stands on a line of its own", () => {
  const out = screen(true);
  using progress = showProgress(tone, out);
  vi.advanceTimersByTime(1500);
  progress.done(7);
  progress.clear();
  out.write("said\n");
  expect(out.written()).toBe("\r\u001B[2K7 records\r\u001B[2Ksaid\n");
});
