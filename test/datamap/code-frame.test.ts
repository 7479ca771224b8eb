import { describe, expect, it } from "vitest";
import { codeFrames } from "../../src/datamap/code-frame.ts";
import type { Issue } from "../../src/model/datamap.ts";
import { lint, whole } from "./lint-map.ts";

/** Of one issue. */
const codeFrame = (text: string, issue: Issue): string => codeFrames(text, [issue]).join("");

const at = (line: number, column: number): Issue => ({
  code: "C",
  severity: "error",
  message: "m",
  file: "f.yaml",
  line,
  column,
  help: "h",
});

describe("codeFrame", () => {
  it("shows the line, marks the place, and says what to do", () => {
    expect(codeFrame("a: 1\n  filds: { x: y } # no\n", at(2, 3))).toBe(
      "error[C] f.yaml:2:3  m\n> 2 |   filds: { x: y } # no\n    |   ^^^^^   help: h",
    );
  });

  it("marks values of several words, quoted ones and addresses whole", () => {
    const marks = (text: string, column: number): number =>
      /\^+/u.exec(codeFrame(text, at(1, column)))?.[0].length ?? 0;
    expect(marks("settle: an hour # no", 9)).toBe("an hour".length);
    expect(marks('settle: "a \\" b", x', 9)).toBe(8);
    expect(marks("[s3://b/:c, d]", 2)).toBe("s3://b/:c".length);
    expect(marks("a:", 3)).toBe(1);
  });

  it("keeps tabs before the mark, so that it stands below its place", () => {
    expect(codeFrame("\tx: y", at(1, 2)).split("\n")[2]).toBe("    | \t^   help: h");
  });

  it("shows the part of a long line that the issue is in", () => {
    const line = `{${"a: 1, ".repeat(200)}wrong: 1, ${"b: 2, ".repeat(200)}}`;
    const [, shown = "", below = ""] = codeFrame(line, at(1, line.indexOf("wrong") + 1)).split("\n");
    expect(shown.length).toBeLessThan(130);
    expect(shown.slice(below.indexOf("^"), below.lastIndexOf("^") + 1)).toBe("wrong");
  });

  it("comes to an end where a program wrote the same mistake thousands of times, and where a value never begins", async () => {
    const systems = Array.from(
      { length: 600 },
      (_, n) =>
        `  s${n}: { kind: files, connect: { root: ./e${n} }, records: { r: { files: ["*.csv"], match: { e: email }, do: eraze } } }`,
    );
    const text = whole(`systems:\n${systems.join("\n")}`);
    const frames = codeFrames(text, await lint(text));
    expect(frames).toHaveLength(600);
    expect(frames.every((one) => one.includes("Did you mean `erase`?"))).toBe(true);
    const blanks = `connect:${" ".repeat(200)}x\nkind: y`;
    expect(codeFrame(blanks, at(1, 1))).toContain("> 1 | connect:");
    expect(codeFrame(blanks, at(2, 1))).toContain("> 2 | kind: y");
  });

  it("does not mind a line that is not there", () => {
    expect(codeFrame("", at(7, 3))).toContain("f.yaml:7:3");
  });
});

/** Ways to write a value under `connect`, right and wrong; S is the value. */
const CONNECTS = [
  "connect: { secret: S }",
  "connect: { secret: 'S://u:S@h/S' }",
  "connect: { password: S }",
  'connect: { url: "postgres://u:S@h/db" }',
  "connect: { S: 1 }",
  "connect: {S}",
  "connect: S",
  "connect: 'S'",
  "connect: [S]",
  "connect: { secret: [S] }",
  "connect: { secret: { value: S } }",
  "connect: { secret: S, secret: S }",
  "connect: { secret: S, <<: { token: S } }",
  "connect: { secret: S, root: 3, unsafe_overwrite: S }",
  "connect: { secret: S, tokn: S } }, wrong: 1",
  "connect: { secret: S",
  "connect: { secret: 'S }",
  "connect: { secret: http://S{b}: c }",
  "connect: { secret: *S }",
  "connect: { secret: &S S, token: S }",
  "connect: { secret: !S S }",
  "connect: # S\n      secret: S\n      password: S",
  "connect:\n      secret: >\n        S\n        S\n      token: |\n        S",
  "connect:\n      secret S",
  "connect:\n      - S\n      - secret: S",
  'connect:\n     {\n      secret: S,\n      password: "S",\n     }',
  '"connect": {"secret":"S","password":"S"}',
  "'connect' : { dsn: S }",
  "password: S",
  "token: 'S'",
];

describe("a value of `connect`", () => {
  const secret = "x9Qz7Kp2";
  for (const kind of ["postgres", "http", "s3", "elasticsarch"]) {
    it(`is in no message, help or frame, however it is written: kind ${kind}`, async () => {
      let issues = 0;
      for (const connect of CONNECTS) {
        for (const wrapped of [
          `systems:\n  shop:\n    kind: ${kind}\n    ${connect}\n    records: { r: { match: { e: emial }, do: eraze } }`,
          `systems: { shop: { kind: ${kind}, ${connect.replaceAll("\n", "\n   ")}, recrds: {} } }`,
        ]) {
          const text = whole(wrapped.replaceAll("S", secret));
          for (const issue of await lint(text)) {
            issues++;
            expect(`${issue.code} ${issue.message} ${issue.help}`, connect).not.toContain(secret);
            expect(codeFrame(text, issue), connect).not.toContain(secret);
          }
          // nor in a frame of any other line
          for (let line = 1; line <= text.split("\n").length; line++)
            expect(codeFrame(text, at(line, 1)), connect).not.toContain(secret);
        }
      }
      expect(issues).toBeGreaterThan(60);
    });
  }
});
