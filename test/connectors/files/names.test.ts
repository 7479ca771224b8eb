import { expect, test } from "vitest";
import { isCopyOf } from "../../../connectors/files/names.ts";

test("copies are known by their names, other files are not taken for copies", () => {
  for (const name of [
    "users.csv~",
    "users.csv.bak",
    "users.csv.orig",
    "users.csv.1",
    "users.csv.gz",
    "users.csv.bak.gz",
    ".users.csv.swp",
    "users (1).csv",
    "users - Copy.csv",
    "users copy 2.csv",
    "users_backup.csv",
    "users.bak.csv",
  ])
    expect(isCopyOf(name, "users.csv"), name).toBe(true);
  for (const name of ["users.csv", "users2.csv", "users-2026.csv", "user.csv", "users.jsonl", "superusers.csv", "users.csvx", ".expunge-1234"])
    expect(isCopyOf(name, "users.csv"), name).toBe(false);
});
