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
    "users.csv-20261130",
    "users.csv.2026-11-30",
    "users.csv-20261130.gz",
    "users.csv.part",
    "users.csv_old",
    "users (copy).csv",
    "users (another copy).csv",
    "users (3rd copy).csv",
    "users - Kopie.csv",
    "users - Kopie (2).csv",
    "users (Ann's conflicted copy 2026-11-30).csv",
    "users.sync-conflict-20261130-101010-ABCDEFG.csv",
    "Copy of users.csv",
    "Kopie von users.csv",
    "Copy (2) of users.csv",
    ".~lock.users.csv#",
    "~$users.csv",
    "#users.csv#",
    ".#users.csv",
  ])
    expect(isCopyOf(name, "users.csv"), name).toBe(true);
  for (const name of [
    "users.csv",
    "users2.csv",
    "users-2026.csv",
    "user.csv",
    "users.jsonl",
    "superusers.csv",
    "users.csvx",
    ".expunge-1234",
    "my users.csv",
    "users copybook.csv",
    "users-2026-11-30.csv",
  ])
    expect(isCopyOf(name, "users.csv"), name).toBe(false);
});
