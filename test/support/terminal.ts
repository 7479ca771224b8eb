import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import type { Desk } from "./desk.ts";
import { PROGRAM } from "./program.ts";

/** What stood on the terminal when the command ended, without colours, and its exit code. */
export interface Shown {
  readonly screen: string;
  readonly exit: number;
}

/** A question, or a part of one, and what is typed when it stands on the screen. */
export type Answer = readonly [question: string, typed: string];

/**
 * The program in a terminal of its own (`script` of util-linux), 80 columns wide. Answers are typed in their order, each
 * once its question was asked; a question that nobody expected is left with Ctrl-C.
 */
export async function inTerminal(
  desk: Desk,
  args: readonly string[],
  answers: readonly Answer[] = [],
  columns = 80,
): Promise<Shown> {
  const line = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", `stty cols ${columns}; ${line}`, "/dev/null"], {
    cwd: desk.folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      LANG: "C.UTF-8",
      HOME: desk.folder,
      EXPUNGE_ACTOR: "olga",
      NO_COLOR: "1",
      TERM: "xterm",
    },
  });
  let screen = "";
  let seen = 0;
  const left = [...answers];
  const answer = (): void => {
    const asked = screen.slice(seen);
    const [next] = left;
    const at = next === undefined ? -1 : asked.indexOf(next[0]);
    if (next !== undefined && at >= 0) {
      left.shift();
      seen += at + next[0].length;
      child.stdin.write(`${next[1]}\r`);
    } else if (next === undefined && /^\? /mu.test(asked)) {
      seen = screen.length;
      child.stdin.write("\u0003");
    }
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += stripVTControlCharacters(text).replaceAll("\r", "");
    answer();
  });
  child.stdin.on("error", () => {});
  return await new Promise((done, fail) => {
    child.once("error", fail).once("close", (exit) => done({ screen, exit: exit ?? 1 }));
  });
}
