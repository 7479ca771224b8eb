import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { checkEvent, type EventCore, isEventType, methodCode, refusalCode } from "../../src/ledger/events.ts";
import { looksLikeIdentifier, tellable } from "../../src/ledger/identifier-lint.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { actor, at, completed, digestOf, firstTargetResult, targetResult, wholeRequest } from "./entries.ts";

const request = "R-2026-0001";
const refusal = (member: string): unknown =>
  expect.objectContaining({ code: "UNEXPECTED", message: `the ledger refuses an entry: ${member}` });
const without = (core: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(core).filter(([name]) => name !== key));

describe("the closed forms of events", () => {
  it("take every event of a whole request, and a changed policy", () => {
    for (const { type, core, link } of wholeRequest(request)) expect(() => checkEvent(type, core, link)).not.toThrow();
    expect(() =>
      checkEvent("policy.changed", {
        at: at("09:00:00"),
        map_digest: digestOf("b"),
        by: `a_${digestOf("1")}`,
      } satisfies EventCore<"policy.changed">),
    ).not.toThrow();
  });

  it("refuse every event of a whole request without any one of its members, but the optional ones", () => {
    const optional = new Set([
      "right",
      "controller",
      "by",
      "rules_digest",
      "role",
      "step",
      "minimised",
      "restricted",
      "reason",
      "until",
      "verification",
      "plan_digest",
      "residual",
      "checks",
      "residue",
      "exception",
      "epoch",
      "day",
      "steps",
    ]);
    let tried = 0;
    for (const { type, core } of wholeRequest(request)) {
      for (const key of Object.keys(core).filter(
        (name) => !optional.has(name) && !(type === "key.destroyed" && name === "request"),
      )) {
        tried += 1;
        expect(() => checkEvent(type, without(core, key)), `${type}.${key}`).toThrow(refusal(`${type}.${key}`));
      }
    }
    expect(tried).toBeGreaterThan(45);
  });

  it("refuse unknown types and unknown members without naming them", () => {
    expect(() => checkEvent("anna@harbour.example", {})).toThrow(refusal("? (a type that is not known)"));
    expect(isEventType("toString")).toBe(false);
    expect(() => checkEvent("target.result", { ...targetResult(request), "anna@harbour.example": 1 })).toThrow(
      refusal("target.result (a member that is not known)"),
    );
    expect(() => checkEvent("erasure.started", { ...targetResult(request), v: 1 })).toThrow(
      refusal("erasure.started (a member that is not known)"),
    );
  });

  for (const [member, core] of [
    ["request", targetResult("R-2026-1")],
    ["system", targetResult(request, { system: "shop of anna@harbour.example" })],
    ["record", targetResult(request, { record: "calls of +420 555 014 183" })],
    ["record", targetResult(request, { record: "x".repeat(201) })],
    ["record", targetResult(request, { record: "two\nlines" })],
    ["reason", targetResult(request, { reason: "key 42 of Otto" })],
    ["reason", targetResult(request, { reason: "4917012345678" })],
    ["law[1]", targetResult(request, { law: ["DE AO §147", "host 192.168.17.4"] })],
    ["law", targetResult(request, { law: Array.from({ length: 21 }, () => "DE AO §147") })],
    ["until", targetResult(request, { until: "2026-02-30" })],
    ["started", targetResult(request, { started: "2026-02-10T10:03:00Z" })],
    ["residue[0].gone_by", targetResult(request, { residue: [{ mechanism: "wal", gone_by: "soon" }] })],
    ["residue[0].mechanism", targetResult(request, { residue: [{ mechanism: "wal of Otto", gone_by: null }] })],
    ["connector", targetResult(request, { connector: "anna@harbour.example" })],
    ["found", targetResult(request, { found: -1 })],
    ["found", targetResult(request, { found: 1.5 })],
    ["plan_digest", targetResult(request, { plan_digest: "a".repeat(63) })],
  ] as const) {
    it(`refuse a bad "${member}" (${JSON.stringify(core).length} bytes) and name it, not its value`, () =>
      expect(() => checkEvent("target.result", core)).toThrow(refusal(`target.result.${member}`)));
  }

  it("refuse a status, a state or a method outside the closed set", () => {
    expect(() => checkEvent("target.result", { ...targetResult(request), status: "erased" })).toThrow(
      refusal("target.result.status"),
    );
    expect(() => checkEvent("erasure.completed", { ...completed(request), state: "done" })).toThrow(
      refusal("erasure.completed.state"),
    );
    const [, identity] = wholeRequest(request);
    expect(() => checkEvent("identity.verified", { ...identity?.core, method: "called Otto at home" })).toThrow(
      refusal("identity.verified.method"),
    );
    expect(() => checkEvent("identity.verified", { ...identity?.core, by: "olga" })).toThrow(
      refusal("identity.verified.by"),
    );
  });

  it("refuse a link that is more than pseudonyms", () => {
    const [received] = wholeRequest(request);
    for (const link of [
      { v: 1, epoch: 1, email: "x" },
      { v: 2, epoch: 1 },
      { v: 1, epoch: 1, pseudonym: "anna" },
      { v: 1, epoch: 1, pseudonyms: [digestOf("a"), "b"] },
    ])
      expect(() => checkEvent("request.received", received?.core ?? {}, link)).toThrow(
        "the ledger refuses an entry: request.received link",
      );
  });

  it("take the events of what went wrong, and refuse each without any one of its members", () => {
    const words = { request, at: at("12:00:00"), day: "2026-02-10", by: actor };
    const events: readonly (readonly [string, JsonObject])[] = [
      ["identity.checked", { request, at: at("09:20:00"), method: "phone", result: "failed", by: actor }],
      ["request.extended", { ...words, reason: "complex", notified_on: "2026-03-01", due: "2026-05-11" }],
      ["request.refused", { ...words, reason: "unfounded" }],
      ["request.cancelled", { ...words, reason: "withdrawn" }],
      ["gaps.accepted", { ...words, records: [{ system: "shop", record: "notes", gaps: 2 }], words: digestOf("9") }],
      [
        "verification",
        {
          ...words,
          plan_digest: digestOf("a"),
          state: "partly_done",
          exit: 2,
          residual: 1,
          checks: [
            {
              system: "shop",
              record: "votes",
              result: "fail",
              residual: 1,
              method: "requery",
              at: at("12:00:00"),
              reason: "P0001",
            },
          ],
          gaps: [{ system: "shop", record: "notes", where: "notes.jsonl:2", holds_identifier: true }],
          residue: [{ system: "shop", mechanism: "wal", gone_by: null }],
        },
      ],
    ];
    for (const [type, core] of events) {
      expect(() => checkEvent(type, core), type).not.toThrow();
      for (const key of Object.keys(core).filter((name) => !(type === "verification" && name === "by")))
        expect(() => checkEvent(type, without(core, key)), `${type}.${key}`).toThrow(refusal(`${type}.${key}`));
      // free text has no room in any of them
      expect(() => checkEvent(type, { ...core, reason: "Otto rang up twice" }), type).toThrow(
        "the ledger refuses an entry",
      );
    }
  });

  it("take an entry of version 0.1 whole, and no mixture of then and now", () => {
    expect(() => checkEvent("target.result", firstTargetResult(request))).not.toThrow();
    expect(() => checkEvent("target.result", { ...firstTargetResult(request), deleted: 1 })).toThrow(
      "the ledger refuses an entry: target.result",
    );
    expect(() => checkEvent("refused", { request, at: at("10:00:00"), by: actor, state: "cancelled" })).not.toThrow();
    expect(() =>
      checkEvent("identity.verified", { request, at: at("10:00:00"), method: "phone", result: "failed", by: actor }),
    ).not.toThrow();
    expect(() =>
      checkEvent("identity.checked", { request, at: at("10:00:00"), method: "phone", result: "ok", by: actor }),
    ).toThrow("identity.checked.result");
  });

  it("reduce what was typed as a reason to a code where it is one, and to no other", () =>
    expect(
      ["unfounded", "Manifestly unfounded", " withdrawn", "not unfounded at all", "Otto asked twice", ""].map(
        refusalCode,
      ),
    ).toEqual(["unfounded", "unfounded", "withdrawn", "other", "other", "other"]));

  it("reduce what was typed as a method to a code", () =>
    expect(["Letter", " in person", "in-person", "rang Otto up", ""].map(methodCode)).toEqual([
      "letter",
      "in_person",
      "in_person",
      "other",
      "other",
    ]));
});

describe("the lint for identifiers", () => {
  it("sees addresses, numbers and network addresses", () => {
    for (const text of [
      "anna@harbour.example",
      "a@b",
      "10.0.0.1",
      "2001:db8::1",
      "fe80:0:0:0:1:2:3:4",
      "+420 555 014 183",
      "+420555014183",
      "0049 170 1234567",
      "0170 1234567 89",
      "(0170) 123-456-78",
      "123456789",
      "DE89 3704 0044 0532 0130 00",
    ])
      expect(looksLikeIdentifier(text), text).toBe(true);
  });

  it("lets names, codes, dates and laws pass", () => {
    const fine = [
      "shop.customers",
      "events_20240115",
      "lock_timeout",
      "23514",
      "until 2034-12-31",
      "AO 147 2024-12-31",
      "P-0001",
      "12:30:45",
      "1.2.3",
      "Regulation (EU) 2016/679 Art. 17(3)(b)",
      "expunge 0.1.0",
    ];
    expect(fine.filter(looksLikeIdentifier)).toEqual([]);
  });

  it("masks what it sees and nothing else, so that no name stops an entry", () => {
    const names = [
      ["Foyer Hotline 0800 1234567", "Foyer Hotline *"],
      ["mails/anna@harbour.example.csv:3", "mails/*:3"],
      ["fk_1234567890_orders", "fk_*_orders"],
      ["events_2024011512", "events_*"],
      ["host 192.168.17.4 of 2001:db8::1", "host * of *"],
      ["DE89 3704 0044 0532 0130 00", "DE*"],
      ["two\nlines\u0007", "two lines"],
      ["", "*"],
      ["\ud800 alone", "\ufffd alone"],
      ["notes.jsonl:2 until 2034-12-31", "notes.jsonl:2 until 2034-12-31"],
      ["x".repeat(300), "x".repeat(200)],
    ] as const;
    expect(names.map(([name]) => tellable(name))).toEqual(names.map(([, wanted]) => wanted));
    // whatever a name is made of, what comes out is taken
    const parts = [
      "0800",
      "1234567",
      "@",
      "a",
      ".",
      ":",
      "::",
      " ",
      "+",
      "2024-01-15",
      "49",
      "fe80",
      "\u0000",
      "/",
      "(",
      ")",
      "-",
      "𝟘",
    ];
    for (let seed = 0; seed < 20_000; seed += 1) {
      const name = Array.from(
        { length: 6 },
        (_, at) => parts[Math.floor(seed * 7.13 ** (at + 1)) % parts.length] ?? "",
      ).join("");
      const told = tellable(name);
      expect([looksLikeIdentifier(told), told === "", told.length > 200], JSON.stringify(name)).toEqual([
        false,
        false,
        false,
      ]);
      expect(
        () => checkEvent("target.result", targetResult(request, { record: told })),
        JSON.stringify(name),
      ).not.toThrow();
    }
  });

  it("lets every law of our own retention rules pass", () => {
    const rules = z.looseObject({});
    const laws: string[] = [];
    for (const file of readdirSync("manifests/retention")) {
      JSON.stringify(rules.parse(parse(readFileSync(`manifests/retention/${file}`, "utf8"))), (key, value: unknown) => {
        if (key === "law" && Array.isArray(value)) laws.push(...value.map(String));
        return value;
      });
    }
    expect(laws.length).toBeGreaterThan(10);
    expect(laws.filter(looksLikeIdentifier)).toEqual([]);
  });
});
