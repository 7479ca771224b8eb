import { createHmac } from "node:crypto";
import type { IO } from "../../src/port/connector.ts";
import { openPace, type Pace } from "../../src/port/pace.ts";
import type { Finding } from "../../src/model/search.ts";

export interface TestIO extends IO {
  /** What was reported, in order. */
  readonly findings: Finding[];
  /** As Ctrl-C does. */
  abort(): void;
}

/** An `IO` for tests: fixed keys, a fixed time, no world outside. Secrets are those given. */
export function testIO(
  options: {
    readonly base?: string;
    readonly secrets?: Readonly<Record<string, string>>;
    readonly progress?: (done: number) => void;
    readonly pace?: Pace;
  } = {},
): TestIO {
  const controller = new AbortController();
  const findings: Finding[] = [];
  const keyed = (text: string) => createHmac("sha256", "the key of the tests").update(text).digest("hex");
  return {
    secret(name) {
      const value = options.secrets?.[name];
      if (value === undefined) throw new Error(`the test gave no secret ${name}`);
      return value;
    },
    signal: controller.signal,
    now: () => new Date("2026-11-21T10:00:00Z"),
    base: options.base ?? "/",
    request: "R-2026-0001",
    digest: (parts) => keyed(JSON.stringify(parts)),
    pseudonym: (value) => `ps_${keyed(`pseudonym ${value}`).slice(0, 32)}`,
    report: (finding) => void findings.push(finding),
    progress: options.progress ?? (() => undefined),
    pace: options.pace ?? openPace(),
    findings,
    abort: () => controller.abort(),
  };
}
