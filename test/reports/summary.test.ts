/** What a summary says of what went wrong, was left out, or is not known. */
import { describe, expect, it } from "vitest";
import type { EventCore } from "../../src/ledger/events.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { factsOf } from "../../src/letters/facts.ts";
import { reportPage } from "../../src/reports/page.ts";
import { LIMITS } from "../../src/reports/report.ts";
import { summarise, type Summary } from "../../src/reports/summary.ts";
import { actor, at, digestOf, firstTargetResult, targetResult, wholeRequest } from "../ledger/entries.ts";

const request = "R-2026-0001";
const words = { request, at: at("12:00:00"), day: "2026-02-10", by: actor };

const event = <T extends JsonObject>(type: string, core: T): JsonObject => ({ v: 1, type, ...core });
const [received, identity, decided] = wholeRequest(request).map(({ type, core }) => event(type, core));
if (received === undefined || identity === undefined || decided === undefined) throw new Error("no entries");
const before = [received, identity];
const result = (more: Parameters<typeof targetResult>[1]): JsonObject =>
  event("target.result", targetResult(request, more));
type Step = NonNullable<EventCore<"erasure.started">["steps"]>[number];
const step = (record: string, more: Partial<Step> = {}): Step => ({
  step: "S1",
  system: "shop",
  record,
  operation: "erase",
  status: "deleted",
  found: 1,
  act: 1,
  kept: 0,
  waiting: 0,
  blocked: 0,
  ...more,
});
const started = (steps: readonly Step[], plan = "a"): JsonObject =>
  event("erasure.started", { ...words, plan: "P-0001", plan_digest: digestOf(plan), steps });
const look = (more: Partial<EventCore<"verification">> = {}): JsonObject =>
  event("verification", {
    ...words,
    plan_digest: digestOf("a"),
    state: "closed",
    exit: 0,
    residual: 0,
    checks: [],
    gaps: [],
    residue: [],
    ...more,
  });
const check = (
  record: string,
  kind: "pass" | "fail" | "unverifiable",
  residual = 0,
): EventCore<"verification">["checks"][number] => ({
  system: "shop",
  record,
  result: kind,
  residual,
  method: kind === "unverifiable" ? "none" : "requery",
  at: at("12:00:00"),
});
const closed = (more: Partial<EventCore<"erasure.completed">> = {}): JsonObject =>
  event("erasure.completed", {
    ...words,
    state: "closed",
    exit: 0,
    totals: { erase: 1, change: 0, keep: 0, wait: 0, blocked: 0, failed: 0, nothing: 0 },
    ...more,
  });
const sentenceOf = (...cores: readonly JsonObject[]): string => summarise([...before, ...cores]).sentence;
const pageOf = (cores: readonly JsonObject[]): string =>
  reportPage(
    {
      schema: "expunge/erasure-report/v1",
      request,
      generated_at: "2026-04-20T10:00:00.000Z",
      tool: "expunge@0.2.0",
      checkpoint: "head",
      entries: cores.map((core, index) => ({ core, core_salt: "", link_commitment: "", proof: { index, path: [] } })),
      summary: {},
      limits: LIMITS,
    },
    { signed: { name: "file.json", sha256: "5e".repeat(32) } },
  );

describe("before anything was done", () => {
  it("says so, whatever a plan has found, and never that nothing was found", () => {
    expect(sentenceOf()).toBe("Nothing was erased yet: no plan was run. The request is still open.");
    expect(sentenceOf(decided)).toBe(
      "Nothing was erased yet: a plan is approved, but was not run. The request is still open.",
    );
    expect(sentenceOf(decided, started([]))).toBe(
      "A run was begun, and no system has told a result yet; not yet verified. The request is still open.",
    );
    expect(pageOf([...before, decided])).toContain("<title>Erasure request, nothing erased yet, R-2026-0001</title>");
  });

  it("names what its approver accepted as not searched", () =>
    expect(
      sentenceOf({ ...decided, decision: "partial", not_searched: [{ system: "shop", record: "calls" }] }),
    ).toContain("1 record type not searched for want of an identifier (shop.calls)"));
});

describe("a step that did not come to its end", () => {
  it("stands in the first sentence with its count, blocked or failed, and no later look makes it clean", () => {
    const failed = result({
      record: "votes",
      status: "failed",
      found: 2,
      matched: 2,
      affected: 0,
      gone: 0,
      failed: 2,
      reason: "P0001",
    });
    const blocked = result({
      record: "orders",
      status: "blocked",
      matched: 0,
      affected: 0,
      gone: 0,
      blocked: 1,
      reason: "lock_timeout",
    });
    const said = sentenceOf(decided, failed, blocked, look({ state: "partly_done", exit: 5 }));
    expect(said).toBe("1 record blocked, 2 records failed; a later look found no more. The request is still open.");
    const page = pageOf([...before, failed, blocked, look({ checks: [check("votes", "pass")] })]);
    expect(page).toContain("2 not done");
    expect(page).not.toMatch(/lock_timeout|nothing left/u);
  });

  it("stays when a later plan does not know it any more, and goes when one did it", () => {
    const votes = result({
      record: "votes",
      step: "S2",
      status: "failed",
      matched: 0,
      affected: 0,
      gone: 0,
      failed: 1,
    });
    const people = result({ record: "people", plan_digest: digestOf("b") });
    const later = summarise([...before, votes, people, look(), closed()]);
    expect(later.systems.map(({ record, status }) => [record, status])).toEqual([
      ["votes", "failed"],
      ["people", "deleted"],
    ]);
    expect(later.sentence).toContain("1 record erased, 1 record failed");
    const done = summarise([...before, votes, people, result({ record: "votes", plan_digest: digestOf("b") })]);
    expect(done.totals).toMatchObject({ deleted: 2, failed: 0 });
  });

  it("stays when it was planned and no attempt was ever made, until another plan takes it over", () => {
    const begun = started([step("people"), step("votes", { step: "S2", found: 3, act: 3 })]);
    const people = result({ record: "people" });
    const { systems, sentence } = summarise([...before, begun, people]);
    expect(systems.map(({ record, untold, reason, attempts }) => [record, untold, reason, attempts])).toEqual([
      ["people", 0, null, 1],
      ["votes", 3, "not_told", 0],
    ]);
    // a run that was killed may have done it: nobody knows
    expect(sentence).toContain("1 record erased, 3 records of which no result is told yet");
    expect(sentence).not.toContain("waiting");
    const second = [started([step("votes")], "b"), result({ record: "votes", plan_digest: digestOf("b") })];
    expect(summarise([...before, begun, people, ...second]).systems.map(({ untold }) => untold)).toEqual([0, 0]);
    // a later plan that does not name it takes nothing over
    const { systems: still } = summarise([...before, begun, people, started([step("people")], "b")]);
    expect(still.find(({ record }) => record === "votes")?.untold).toBe(3);
  });

  it("keeps what an attempt before a failure was seen to have done", () => {
    const some = result({ found: 5, matched: 3, affected: 3, gone: 3, blocked: 2, status: "blocked" });
    const away = result({ found: 5, matched: 0, affected: 0, gone: 0, failed: 5, status: "failed", attempt: 2 });
    expect(summarise([some, away]).systems).toMatchObject([
      { found: 5, deleted: 3, failed: 2, attempts: 2, status: "failed" },
    ]);
  });
});

describe("a verification", () => {
  it("that failed, could not be sure or was overtaken by a run is told as that", () => {
    const done = result({});
    expect(
      sentenceOf(decided, done, look({ residual: 1, checks: [check("customers", "fail", 1)], state: "partly_done" })),
    ).toBe("1 record erased; a later look found 1 record still there. The request is still open.");
    expect(
      sentenceOf(
        done,
        look({ residual: 3, checks: [{ ...check("customers", "fail", 3), new: 2 }], state: "partly_done" }),
      ),
    ).toContain("a later look found 3 records still there, 2 of them come since the plan.");
    expect(sentenceOf(done, look({ checks: [check("customers", "unverifiable")], state: "partly_done" }))).toContain(
      "a later look could not be sure of 1 record type.",
    );
    expect(sentenceOf(done, look(), result({ plan_digest: digestOf("b") }))).toContain(
      "not verified again since the last run",
    );
    expect(sentenceOf(done, look())).toContain("a later look found nothing else");
  });

  it("is the last word on each record type only where nothing was tried after it", () => {
    const tried = result({
      status: "failed",
      matched: 1,
      affected: 0,
      gone: 0,
      failed: 1,
      attempt: 2,
      verification: { method: "requery", residual: 1, at: at("13:00:00") },
    });
    const seen = look({ checks: [check("customers", "pass")] });
    expect(summarise([result({}), seen]).systems[0]?.verified?.result).toBe("pass");
    expect(summarise([seen, tried]).systems[0]?.verified).toMatchObject({ result: "fail", residual: 1 });
  });
});

describe("what is left out", () => {
  it("makes the decision partial, and says why first: not searched, a gap, a hold, an exclusion", () => {
    const decisionOf = (...cores: readonly JsonObject[]): Summary["decision"] =>
      summarise([...before, { ...decided, decision: "granted" }, ...cores]).decision;
    expect(decisionOf(result({}))).toBe("granted");
    expect(decisionOf(result({ kept: 1, status: "kept" }))).toBe("partial");
    expect(
      decisionOf(
        result({ status: "not_checked", reason: "no_identifier", found: 0, matched: 0, affected: 0, gone: 0 }),
      ),
    ).toBe("partial");
    expect(
      decisionOf(
        event("gaps.accepted", {
          ...words,
          records: [{ system: "shop", record: "notes", gaps: 2 }],
          words: digestOf("9"),
        }),
      ),
    ).toBe("partial");
    expect(decisionOf({ ...decided, decision: "granted", excluded: { records: 1, words: digestOf("8") } })).toBe(
      "partial",
    );
    expect(decisionOf(event("request.refused", { ...words, reason: "excessive" }))).toBe("refused");
    expect(summarise(before).decision).toBeNull();
  });

  it("is never called nothing found", () => {
    const nothing = { found: 0, matched: 0, affected: 0, gone: 0 };
    const unsearched = result({ record: "calls", ...nothing, status: "not_checked", reason: "no_identifier" });
    const searched = result({ record: "people", ...nothing, status: "nothing_found" });
    const said = sentenceOf(decided, unsearched, searched, look(), closed());
    expect(said).toBe(
      "No record of this person was found where it was searched, 1 record type not searched for want of an identifier (shop.calls); a later look found no more where it could look.",
    );
    expect(pageOf([...before, unsearched])).toContain("What was not searched");
    expect(sentenceOf(result({ ...nothing, status: "not_checked", reason: "empty_pattern" }))).toContain(
      "shop.customers could not be checked",
    );
  });

  it("that holds the person is a gap until somebody accepts it", () => {
    const gap = { where: "notes.jsonl:2", holds_identifier: true };
    const found = result({ record: "notes", gaps: [gap] });
    const seen = look({
      state: "partly_done",
      exit: 2,
      checks: [check("notes", "unverifiable")],
      gaps: [{ system: "shop", record: "notes", ...gap }],
    });
    const open = sentenceOf(decided, found, seen);
    expect(open).toBe(
      "1 record erased, 1 place found that could not be acted on; a later look could not be sure of 1 record type. The request is still open.",
    );
    const none = result({
      record: "notes",
      status: "nothing_found",
      found: 0,
      matched: 0,
      affected: 0,
      gone: 0,
      gaps: [gap],
    });
    expect(pageOf([...before, decided, none]).replaceAll(/(?:<[^>]*>|\s)+/gu, " ")).toContain(
      "nothing found (the person stands in a place that could not be acted on, see below)",
    );
    const accepted = event("gaps.accepted", {
      ...words,
      records: [{ system: "shop", record: "notes", gaps: 1 }],
      words: digestOf("9"),
    });
    const all = [...before, found, seen, accepted, closed()];
    expect(summarise(all).sentence).toContain("It was closed as partial: 1 gap was accepted.");
    expect(summarise(all).gaps).toEqual([{ system: "shop", record: "notes", ...gap }]);
    const page = pageOf(all);
    for (const said of ["notes.jsonl:2", "1 of them was accepted by a person"]) expect(page).toContain(said);
    expect(page).toContain('class="outcome open"');
  });
});

describe("a deadline", () => {
  const ended = (more: JsonObject, ...others: readonly JsonObject[]): Summary["deadline"] =>
    summarise([received, ...others, closed(more)]).deadline;

  it("is met on the controller's day, whatever day it is in UTC", () => {
    // received 10 February, due 10 March
    expect(ended({ at: "2026-03-11T04:30:00.000Z", day: "2026-03-10" })).toMatchObject({
      met: true,
      ended_on: "2026-03-10",
    });
    expect(ended({ at: "2026-03-10T23:30:00.000Z", day: "2026-03-11" })).toMatchObject({
      met: false,
      ended_on: "2026-03-11",
    });
  });

  it("that was extended is judged by the new day", () => {
    const extended = event("request.extended", {
      ...words,
      reason: "complex",
      notified_on: "2026-03-01",
      due: "2026-05-11",
    });
    expect(ended({ at: "2026-05-11T10:00:00.000Z", day: "2026-05-11" }, extended)).toMatchObject({
      met: true,
      due: "2026-05-11",
      legal: "2026-03-10",
    });
    expect(ended({ at: "2026-05-12T10:00:00.000Z", day: "2026-05-12" }, extended)?.met).toBe(false);
    expect(pageOf([received, extended, closed()])).toContain("because the request is complex");
  });

  it("of an open request is neither met nor missed, and the page says when it was overdue as it was made", () => {
    expect(summarise(before).deadline?.met).toBeNull();
    expect(pageOf(before)).toContain("not answered yet and overdue");
  });
});

describe("residue", () => {
  const left = (
    more: Parameters<typeof targetResult>[1],
    ...gone: readonly (readonly [string, string | null])[]
  ): JsonObject => result({ ...more, residue: gone.map(([mechanism, gone_by]) => ({ mechanism, gone_by })) });

  it("is told once a system and mechanism, each system dated from its own deed", () => {
    const { residue } = summarise([
      left({ record: "a" }, ["backups:nightly", "2026-03-20"], ["wal", null]),
      left({ record: "b", step: "S2" }, ["backups:nightly", "2026-03-22"], ["wal", "2026-03-01"]),
      left({ system: "mail", step: "S3" }, ["backups:nightly", "2026-04-01"]),
    ]);
    expect(residue).toEqual([
      { system: "shop", mechanism: "backups:nightly", gone_by: "2026-03-22" },
      { system: "shop", mechanism: "wal", gone_by: null },
      { system: "mail", mechanism: "backups:nightly", gone_by: "2026-04-01" },
    ]);
  });

  it("is what the last verification saw of the systems that it looked at", () => {
    const run = [
      left({}, ["segments", "2026-02-10"], ["backups:nightly", "2026-03-20"]),
      left({ system: "mail", step: "S2" }, ["media", null]),
    ];
    const seen = look({
      checks: [check("customers", "pass")],
      residue: [{ system: "shop", mechanism: "backups:nightly", gone_by: "2026-03-20" }],
    });
    expect(summarise([...run, seen]).residue).toEqual([
      { system: "shop", mechanism: "backups:nightly", gone_by: "2026-03-20" },
      { system: "mail", mechanism: "media", gone_by: null },
    ]);
  });
});

describe("pages in plain words", () => {
  it("of a refusal are a refusal: no outcome, no table of what was done", () => {
    const page = pageOf([...before, event("request.refused", { ...words, reason: "unfounded", words: digestOf("7") })]);
    expect(page).toContain("<title>Refusal of the erasure request R-2026-0001</title>");
    expect(page).toContain("manifestly unfounded (Art. 12(5) GDPR)");
    expect(page).not.toMatch(/Proof of erasure|What was done|How it was checked|No system/u);
    expect(pageOf([...before, event("request.cancelled", { ...words, reason: "withdrawn" })])).toContain(
      "<h1>Cancelled erasure request R-2026-0001</h1>",
    );
  });

  it("of an open request are no proof yet, and of one that closed they are", () => {
    expect(pageOf([...before, result({})])).toContain("<h1>Interim report on the erasure request R-2026-0001</h1>");
    expect(pageOf([...before, result({}), look(), closed()])).toContain("<h1>Proof of erasure R-2026-0001</h1>");
  });

  it("say why a decision is partial, and never that somebody looked where nobody did", () => {
    const blind = result({
      record: "calls",
      status: "not_checked",
      reason: "no_identifier",
      found: 0,
      matched: 0,
      affected: 0,
      gone: 0,
    });
    const { verification: _, ...unread } = blind;
    const page = pageOf([
      ...before,
      {
        ...decided,
        not_searched: [{ system: "shop", record: "calls" }],
        excluded: { records: 1, words: digestOf("8") },
      },
      unread,
    ]);
    expect(page).toContain(
      "partial, because of a legal obligation (Art. 17(3)(b) GDPR), records that a person left out, what was not searched",
    );
    expect(page).toContain("not looked at again");
    expect(page).not.toMatch(/nothing left|searched again/u);
  });

  it("have no code where there are words, and all numbers of what was done with their sums", () => {
    const page = pageOf([
      ...before,
      decided,
      result({
        status: "kept",
        reason: "held_by",
        kept: 1,
        law: ["DE AO §147"],
        residue: [
          { mechanism: "dead_tuples", gone_by: null },
          { mechanism: "backups:nightly", gone_by: "2026-03-20" },
        ],
      }),
      result({
        record: "calls",
        step: "S2",
        status: "not_checked",
        reason: "no_identifier",
        found: 0,
        matched: 0,
        affected: 0,
        gone: 0,
      }),
    ]);
    expect(page).not.toMatch(
      /dead_tuples|art17-3-b|backups:nightly|no_identifier|held_by|requery|not_checked|request\.received|erasure\.started/u,
    );
    for (const said of [
      "a legal obligation (Art. 17(3)(b) GDPR)",
      "backups (nightly)",
      "a record that is kept references it",
      "opened the request",
    ])
      expect(page).toContain(said);
    expect(page.replaceAll(/<[^>]+>|\s+/gu, " ")).toMatch(/All systems together\s+2\s+1\s+0\s+0\s+1\s+0\s+0\s+0/u);
  });
});

describe("a batch", () => {
  const of = (
    person: number,
    more: Partial<Record<"done" | "already_gone" | "kept" | "waiting" | "blocked" | "failed", number>>,
  ) => ({
    person,
    done: 0,
    already_gone: 0,
    kept: 0,
    waiting: 0,
    blocked: 0,
    failed: 0,
    ...more,
  });

  it("tells each person's own story over systems, attempts and plans, and no pseudonym", () => {
    const cores = [
      ...before,
      result({ people: [of(1, { done: 2 }), of(2, { done: 1, failed: 1 })] }),
      // a server that was away: nothing known of this attempt
      result({ people: [of(1, { failed: 2 }), of(2, { failed: 2 })], attempt: 2, status: "failed" }),
      result({ record: "invoices", step: "S2", people: [of(2, { kept: 3 }), of(3, { waiting: 1 })] }),
      result({ record: "invoices", plan_digest: digestOf("b"), people: [of(2, { kept: 3 }), of(3, { done: 1 })] }),
    ];
    const { persons } = summarise(cores);
    expect(persons).toEqual([
      { ...of(1, { done: 2 }), found: 2 },
      { ...of(2, { done: 1, failed: 1, kept: 3 }), found: 5 },
      { ...of(3, { done: 1 }), found: 1 },
    ]);
    const page = pageOf(cores);
    expect(page).toContain("Person 2");
    expect(page).toContain("Of 2 other people everything that was found is erased or changed.");
    expect(page).not.toContain("Person 1");
  });
});

it("an entry of version 0.1 counted minimised records as gone: they are kept", () => {
  const core = firstTargetResult(request, {
    status: "kept",
    found: 2,
    matched: 2,
    affected: 2,
    gone: 2,
    kept: 1,
    minimised: 1,
  });
  const { systems, totals } = summarise([event("target.result", core)]);
  expect(systems).toMatchObject([{ found: 2, gone: 1, matched: 1, unsorted: 1, kept: 1, minimised: 1 }]);
  expect(totals.found).toBe(2);
});

describe("what must stand before a run", () => {
  const done = result({});

  it("is missed in the first sentence where no entry tells of it, and on the page", () => {
    expect(sentenceOf(decided, done)).toBe("1 record erased; not yet verified. The request is still open.");
    expect(sentenceOf(done)).toBe(
      "1 record erased; not yet verified. No entry says that anybody approved it. The request is still open.",
    );
    expect(summarise([received, decided, done]).sentence).toContain(
      "No entry says that anybody confirmed the identity.",
    );
    const page = pageOf([received, done]);
    expect(page).toContain("no entry tells of a check");
    expect(page).toContain("no entry tells of one");
  });

  it("is told on the page: how the identity was checked, and when", () => {
    expect(pageOf([...before, decided, done])).toMatch(
      /confirmed \(letter\),\s+<time[^>]*>10 February 2026, 09:30 UTC|confirmed \(letter\), 10 February 2026, 09:30 UTC/u,
    );
  });
});

describe("days", () => {
  it("of a deed are its own, whatever later plans looked at", () => {
    const deed = result({ started: at("10:00:00"), finished: at("10:00:01") });
    const later = {
      plan_digest: digestOf("e"),
      started: "2026-03-10T10:00:00.000Z",
      finished: "2026-03-10T10:00:01.000Z",
    };
    const nothing = result({ ...later, status: "nothing_found", found: 0, matched: 0, affected: 0, gone: 0 });
    expect(summarise([...before, deed, nothing]).systems).toMatchObject([
      { deleted: 1, started: at("10:00:00"), finished: at("10:00:01") },
    ]);
    const more = result({ ...later });
    expect(summarise([...before, deed, more]).systems).toMatchObject([
      { deleted: 2, started: at("10:00:00"), finished: later.finished },
    ]);
    const page = pageOf([...before, decided, deed, more]);
    expect(page.replaceAll(/<[^>]*>|\s+/gu, " ").replaceAll(/ +/gu, " ")).toContain(
      "10 February 2026, 10:00 UTC to 10 March 2026, 10:00 UTC",
    );
    expect(pageOf([...before, nothing])).toContain("nothing done");
  });

  it("of a refusal are the refusal's, whatever was approved before", () => {
    const refused = event("request.refused", { ...words, at: at("13:37:00"), reason: "unfounded" });
    const page = pageOf([...before, decided, refused]).replaceAll(/<[^>]*>|\s+/gu, " ");
    expect(page.replaceAll(/ +/gu, " ")).toMatch(/Decision refused ?, 10 February 2026, 13:37 UTC/u);
  });

  it("that have passed are no residue any more", () => {
    const backups = { system: "shop", mechanism: "backups:nightly", gone_by: "2026-02-12" };
    const seen = (day: string): string =>
      sentenceOf(decided, result({}), look({ day, checks: [check("customers", "pass")], residue: [backups] }));
    expect(seen("2026-02-12")).toContain("Copies that no erasure reaches yet");
    expect(seen("2026-02-13")).not.toContain("Copies that no erasure reaches yet");
    expect(
      pageOf([...before, look({ day: "2026-02-13", checks: [check("customers", "pass")], residue: [backups] })]),
    ).toContain("this day has passed");
  });
});

it("a place that several record types met is counted once", () => {
  const gap = { where: ".expunge-…", holds_identifier: false };
  const gaps = ["customers", "orders", "leads"].map((record) => ({ system: "shop", record, ...gap }));
  expect(sentenceOf(decided, result({}), look({ gaps, state: "partly_done" }))).toContain(
    ", 1 place found that could not be acted on",
  );
});

it("of a batch everybody is told of, those too of whom nothing was found", () => {
  const people = [
    { person: 1, done: 1, already_gone: 0, kept: 1, waiting: 0, blocked: 0, failed: 0 },
    { person: 3, done: 1, already_gone: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 },
  ];
  const page = pageOf([
    { ...received, subjects: 4 },
    identity,
    decided,
    result({ found: 3, matched: 2, affected: 2, gone: 2, kept: 1, people }),
  ]);
  expect(page).toContain(
    "Of 1 other person everything that was found is erased or changed. Of 2 people nothing was found.",
  );
});

it("of a batch of which records came back nobody is called erased", () => {
  const people = [{ person: 1, done: 1, already_gone: 0, kept: 0, waiting: 0, blocked: 0, failed: 0 }];
  const marked = {
    operation: "soft-delete",
    status: "soft_deleted",
    matched: 1,
    affected: 1,
    gone: 1,
    changed: 1,
  } as const;
  const cores = [...before, decided, started([step("customers")]), result({ ...marked, found: 1, kept: 0, people })];
  const undone = event("erasure.undone", {
    ...words,
    partial: false,
    steps: [
      { plan: "P-0001", step: "S1", system: "shop", record: "customers", status: "restored", restored: 1, hidden: 0 },
    ],
  });
  const claims = ["everything that was found of the one person is erased", "as the rule wants them."];
  for (const claim of claims) expect(pageOf(cores).toLowerCase()).toContain(claim);
  const page = pageOf([...cores, undone]);
  for (const claim of claims) expect(page.toLowerCase()).not.toContain(claim);
  expect(page).toContain("as the rule wants them, but for what was brought back since.");
  expect(page).toContain("no entry tells whose.");
});

it("a page cites the law of the regime that counts", () => {
  const page = (regime: string): string =>
    pageOf([
      { ...received, regime },
      identity,
      { ...decided, exceptions: ["art17-3-b"] },
      event("request.refused", { ...words, reason: "excessive" }),
    ]);
  expect(page("eu")).toContain("(EU rules; one month ends");
  expect(page("eu")).toContain("excessive (Art. 12(5) GDPR)");
  expect(page("uk")).toContain("excessive (Art. 12(5) UK GDPR)");
  expect(page("ccpa")).toContain("(CCPA rules; 45 days end");
  expect(page("ccpa")).not.toContain("GDPR");
});

it("a look that found something is no verified request", () => {
  const page = pageOf([
    ...before,
    decided,
    result({}),
    look({ residual: 1, checks: [check("customers", "fail", 1)], state: "partly_done", exit: 2 }),
  ]);
  expect(page).toContain("looked again");
  expect(page).not.toMatch(/>\s*verified\s*</u);
});

describe("records that are marked as deleted first", () => {
  const marks = (plan: string, changed: number, more: Parameters<typeof targetResult>[1] = {}): JsonObject =>
    result({
      plan_digest: digestOf(plan),
      operation: "soft-delete",
      status: "soft_deleted",
      matched: changed,
      affected: changed,
      gone: changed,
      changed,
      kept: 0,
      ...more,
    });
  const undone = (restored: number, left = 0): JsonObject =>
    event("erasure.undone", {
      ...words,
      partial: left > 0,
      steps: [
        { plan: "P-0001", step: "S1", system: "shop", record: "customers", status: "restored", restored, hidden: left },
      ],
    });
  const before5 = { status: "waiting", waiting: 5, marked_before: 5, reason: "marked" } as const;
  const line = (...cores: readonly JsonObject[]) => summarise([...before, decided, ...cores]).systems[0];

  it("are not called looked at again where they were brought back since", () => {
    const cores = [decided, started([step("customers")]), marks("a", 3), look({ state: "waiting" }), undone(3)];
    expect(sentenceOf(...cores)).toBe(
      "3 records marked as deleted and brought back; not verified again since records were brought back. The request is still open.",
    );
    expect(summarise([...before, ...cores])).toMatchObject({
      state: null,
      decision: "partial",
      verification: { current: false },
    });
    expect(sentenceOf(...cores, look({ state: "waiting" }))).toContain("a later look found nothing else");
  });

  it("count once where a later plan finds them marked", () => {
    const open = [started([step("customers")]), marks("a", 5), marks("b", 2, before5)];
    expect(line(...open)).toMatchObject({ status: "soft_deleted", found: 7, changed: 7, hidden: 7, waiting: 0 });
    expect(line(...open)?.reason).toBe(null);
  });

  it("wait where somebody else had marked them, and are gone when the request has closed", () => {
    const open = [started([step("customers")]), marks("a", 2, before5)];
    expect(line(...open)).toMatchObject({ status: "waiting", found: 7, hidden: 2, waiting: 5, reason: "marked" });
    expect(line(...open, closed())).toMatchObject({
      status: "soft_deleted",
      found: 7,
      hidden: 2,
      waiting: 0,
      already_gone: 5,
      reason: null,
    });
    expect(sentenceOf(decided, ...open, look(), closed())).toBe(
      "2 records marked as deleted, and erased or anonymised since, 5 records gone already; a later look found nothing else.",
    );
  });

  it("are hidden no more where a later plan does not find them, whoever took or freed them", () => {
    const one = { ...before5, waiting: 1, marked_before: 1 };
    const cores = [started([step("customers")]), marks("a", 5), undone(3, 2), marks("b", 3, one)];
    expect(line(...cores)).toMatchObject({ hidden: 4, restored: 0, waiting: 0 });
    expect(line(started([step("customers")]), marks("a", 5), undone(3, 2))).toMatchObject({ hidden: 2, restored: 3 });
  });
});

describe("copies that followed beside copies with a step of their own", () => {
  const mixed = { gone: 1, waiting: 1, found: 2, status: "waiting", reason: "follows" } as const;
  const followed = look({ state: "waiting", checks: [{ ...check("customers", "pass"), followed: 1 }] });
  const lineOf = (...cores: readonly JsonObject[]) => summarise([...before, decided, ...cores]).systems[0];

  it("leave a line whose own ones are told as what they are", () => {
    expect(lineOf(result(mixed))).toMatchObject({ status: "waiting", deleted: 1, waiting: 1 });
    expect(lineOf(result(mixed), followed)).toMatchObject({ status: "deleted", deleted: 1, followed: 1, waiting: 0 });
    const residue = [{ mechanism: "undo", gone_by: "2026-02-17" }];
    expect(lineOf(result({ ...mixed, residue }), followed)).toMatchObject({
      status: "residue",
      restorable: 1,
      followed: 1,
    });
  });

  it("wait for no person of a batch any more", () => {
    const people = [1, 2].map((person) => ({
      person,
      done: person === 1 ? 1 : 0,
      already_gone: 0,
      kept: 0,
      waiting: person === 2 ? 1 : 0,
      blocked: 0,
      failed: 0,
    }));
    const personsOf = (...cores: readonly JsonObject[]) => summarise([...before, decided, ...cores]).persons;
    expect(personsOf(result({ ...mixed, people }))).toMatchObject([{ waiting: 0 }, { found: 1, waiting: 1 }]);
    expect(personsOf(result({ ...mixed, people }), followed)).toMatchObject([
      { found: 1, done: 1, waiting: 0, already_gone: 0 },
      { found: 1, done: 0, waiting: 0, already_gone: 1 },
    ]);
  });

  it("are said in a letter to have gone by themselves", () => {
    const residue = [{ mechanism: "undo", gone_by: "2026-02-17" }];
    const { done } = factsOf({
      request,
      summary: summarise([...before, decided, result({ ...mixed, residue }), followed]),
      language: "en",
      today: "2026-02-11",
      dayOf: (instant) => instant.slice(0, 10),
      controller: { name: "Shop", contact: "privacy@shop.example" },
      words: undefined,
      refusal: undefined,
    });
    expect(done).toMatchObject([
      { count: 1, what: "erased or changed, and can still be brought back for a time" },
      { count: 1, what: "gone by themselves, as copies of what was erased" },
    ]);
  });
});
