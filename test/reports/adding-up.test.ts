/** Every number of a report adds up, whatever the plans, attempts and verifications: random stories, told by a model beside the code. */
import { describe, expect, it } from "vitest";
import type { EventCore } from "../../src/ledger/events.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { summarise, type Summary } from "../../src/reports/summary.ts";
import { at, digestOf, targetResult } from "../ledger/entries.ts";

const request = "R-2026-0001";
const KINDS = ["deleted", "changed", "already_gone", "kept", "waiting", "blocked", "failed"] as const;
type Kind = (typeof KINDS)[number];
type Counts = Record<Kind, number>;

/** The same numbers for the same seed, on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return state % below;
  };
}

const none = (): Counts => ({ deleted: 0, changed: 0, already_gone: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 });
const statusOf = (counts: Counts): EventCore<"target.result">["status"] =>
  counts.failed > 0
    ? "failed"
    : counts.blocked > 0
      ? "blocked"
      : counts.waiting > 0
        ? "waiting"
        : counts.kept > 0
          ? "kept"
          : counts.changed > 0
            ? "anonymised"
            : counts.deleted > 0
              ? "deleted"
              : "nothing_found";

interface Story {
  readonly cores: readonly JsonObject[];
  /** What is true of each record type in the end, as the model kept book. */
  readonly truth: ReadonlyMap<string, Counts>;
}

/** Some record types, some plans, some attempts each. Records only ever move from what is left to what is done. */
function storyOf(seed: number): Story {
  const random = randomOf(seed);
  const types = Array.from({ length: 1 + random(4) }, (_, n) => `t${n}`);
  const cores: JsonObject[] = [];
  const truth = new Map(types.map((type) => [type, none()]));
  const left = new Map(types.map((type) => [type, random(12)]));
  for (let plan = 0, plans = 1 + random(3); plan < plans; plan += 1) {
    const digest = digestOf("abcdef"[plan] ?? "a");
    for (const [n, record] of types.entries()) {
      const book = truth.get(record);
      if (book === undefined || random(5) === 0) continue;
      const found = left.get(record) ?? 0;
      const done = none();
      for (let attempt = 1, attempts = 1 + random(3); attempt <= attempts; attempt += 1) {
        const open = found - done.deleted - done.changed - done.already_gone;
        const step = none();
        for (let each = 0; each < open; each += 1) step[KINDS[random(KINDS.length)] ?? "failed"] += 1;
        // a server that went away half-way: the attempt knows of nothing that it did
        const blind = random(4) === 0;
        const told = blind
          ? { ...none(), kept: step.kept, waiting: step.waiting, failed: found - step.kept - step.waiting }
          : {
              ...step,
              deleted: done.deleted + step.deleted,
              changed: done.changed + step.changed,
              already_gone: done.already_gone + step.already_gone,
            };
        if (!blind) for (const kind of ["deleted", "changed", "already_gone"] as const) done[kind] = told[kind];
        const acted = told.deleted + told.changed;
        const minimised = random(told.kept + 1);
        cores.push({
          v: 1,
          type: "target.result",
          ...targetResult(request, {
            plan_digest: digest,
            step: `S${n + 1}`,
            record,
            attempt,
            status: statusOf(told),
            ...told,
            minimised,
            found,
            matched: acted,
            affected: acted,
            gone: acted,
          }),
        });
        if (told.failed + told.blocked === 0) break;
      }
      const last = cores.at(-1);
      const number = (kind: Kind): number => (typeof last?.[kind] === "number" ? last[kind] : 0);
      for (const kind of ["deleted", "changed", "already_gone"] as const) book[kind] += done[kind];
      for (const kind of ["kept", "waiting"] as const) book[kind] = number(kind);
      const open = found - done.deleted - done.changed - done.already_gone - book.kept - book.waiting;
      book.blocked = Math.min(number("blocked"), Math.max(open, 0));
      book.failed = Math.max(open, 0) - book.blocked;
      left.set(record, found - done.deleted - done.changed - done.already_gone);
    }
  }
  return { cores, truth };
}

const WORDS: Readonly<Record<Kind, RegExp>> = {
  deleted: /(\d+) records? erased/u,
  changed: /(\d+) records? changed/u,
  already_gone: /(\d+) records? gone already/u,
  kept: /(\d+) records? kept/u,
  waiting: /(\d+) records? waiting/u,
  blocked: /(\d+) records? blocked/u,
  failed: /(\d+) records? failed/u,
};

/** Everything of a summary that counts the same things, by hand. */
function sums({ systems, totals, sentence, kept }: Summary): void {
  for (const line of systems) {
    expect(line.found).toBe(
      line.deleted +
        line.changed +
        line.unsorted +
        line.already_gone +
        line.kept +
        line.waiting +
        line.blocked +
        line.failed,
    );
    expect([line.gone, line.matched, line.affected]).toEqual(Array(3).fill(line.deleted + line.changed));
    expect(line.minimised).toBeLessThanOrEqual(line.kept);
  }
  for (const kind of [...KINDS, "found", "minimised"] as const)
    expect(totals[kind], kind).toBe(systems.reduce((sum, line) => sum + line[kind], 0));
  for (const kind of KINDS)
    expect(Number(WORDS[kind].exec(sentence)?.[1] ?? 0), `${kind}: ${sentence}`).toBe(totals[kind]);
  expect(kept.reduce((sum, line) => sum + line.count, 0)).toBe(totals.kept);
}

describe("over random plans", () => {
  const stories = Array.from({ length: 1500 }, (_, seed) => storyOf(seed + 1));

  it("every line, the totals and the sentence count the same records", () => {
    for (const { cores } of stories) sums(summarise(cores));
  });

  it("each record type ends as the model's book says", () => {
    let counted = 0;
    for (const [seed, { cores, truth }] of stories.entries()) {
      for (const line of summarise(cores).systems) {
        const { deleted, changed, already_gone, kept, waiting, blocked, failed } = line;
        expect(
          { deleted, changed, already_gone, kept, waiting, blocked, failed },
          `seed ${seed + 1}, ${line.record}`,
        ).toEqual(truth.get(line.record));
        counted += line.found;
      }
    }
    expect(counted).toBeGreaterThan(5000);
  });

  it("nothing is called found nowhere while anything was found, and nothing clean while anything failed", () => {
    for (const { cores } of stories) {
      const { sentence, totals } = summarise([
        ...cores,
        {
          v: 1,
          type: "verification",
          request,
          at: at("12:00:00"),
          day: "2026-02-10",
          plan_digest: digestOf("a"),
          state: "partly_done",
          exit: 5,
          residual: 0,
          checks: [],
          gaps: [],
          residue: [],
        },
      ]);
      if (totals.found > 0) expect(sentence).not.toContain("No record");
      if (totals.failed + totals.blocked > 0) expect(sentence).not.toMatch(/nothing else|nothing is left/u);
    }
  });
});
