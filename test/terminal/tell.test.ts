import { writeFileSync } from "node:fs";
import { Errors } from "@oclif/core";
import { expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { looksLikeIdentifier } from "../../src/model/identifier-like.ts";
import { nearest } from "../../src/model/nearest.ts";
import { failureOf } from "../../src/terminal/tell.ts";

test("of a foreign error only class and code are told; a failure of ours is told as it is", () => {
  const secret = "Key (email)=(ann@example.com) already exists";
  const coded = Object.assign(new TypeError(secret), { code: "ERR_X" });
  const quoting = Object.assign(new Error(secret), { code: secret });
  expect(
    [failureOf(coded), failureOf(quoting), failureOf(new Errors.CLIError(secret)), failureOf(secret)].map(
      ({ code, message }) => [code, message],
    ),
  ).toEqual([
    ["UNEXPECTED", "unexpected fault (TypeError ERR_X)"],
    ["UNEXPECTED", "unexpected fault (Error)"],
    ["USAGE", "the command line was not understood"],
    ["UNEXPECTED", "unexpected fault (string)"],
  ]);
  const ours = new Failure("BUSY", "another run holds it");
  expect(failureOf(ours)).toBe(ours);
});

test("addresses and telephone numbers look like identifiers; dates, ids, digests and words do not", () => {
  for (const text of [
    "ann@example.com",
    "ann@localhost",
    "a%40b.example",
    "Ann <ann@example.com>",
    "+491701234567",
    "0049 170 1234567",
    "(415) 555-0132",
    "+1 415.555.0132",
    "0170/1234567",
  ])
    expect(looksLikeIdentifier(text), text).toBe(true);
  for (const text of [
    "",
    "R-2026-0001",
    "2026-11-21",
    "2026-11-21T10:00:00Z",
    "T-12345",
    "12345678",
    "30 days",
    "a".repeat(64),
    "example.org/erasures+b0b47790+AddamAGC",
    "shop.orders",
    "@",
    "olga",
    "0.5",
  ])
    expect(looksLikeIdentifier(text), text).toBe(false);
});

test("the nearest name is found where one is near, and none where none is", () => {
  const known = ["plan", "approve", "request new", "map lint"];
  expect([
    nearest("pln", known),
    nearest("APROVE", known),
    nearest("request ne", known),
    nearest("zzzzzz", known),
    nearest("", known),
  ]).toEqual(["plan", "approve", "request new", undefined, undefined]);
});

test("a disk that is full is no fault of ours", () => {
  const refused = (): unknown => {
    try {
      return writeFileSync("/dev/full", "a word");
    } catch (error) {
      return error;
    }
  };
  expect(failureOf(refused())).toMatchObject({ code: "NO_ROOM", exit: 4 });
});
