/** The databases on which the state must behave alike. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openPostgres } from "../../src/state/postgres.ts";
import type { Database } from "../../src/state/sql.ts";
import { LEDGER_FILE, openSqlite } from "../../src/state/sqlite.ts";
import { postgresServer } from "../support/servers/servers.ts";

/** One place where a workspace can be kept; each call is a connection of its own, as another process has it. */
export interface Place extends AsyncDisposable {
  state(): Database;
  ledger(): Database;
}

export const PLACES: readonly { readonly name: string; make(): Promise<Place> }[] = [
  {
    name: "SQLite",
    async make() {
      const folder = mkdtempSync(path.join(tmpdir(), "expunge-test-state-"));
      return {
        state: () => openSqlite(path.join(folder, "state.db")),
        ledger: () => openSqlite(path.join(folder, "ledger.db"), LEDGER_FILE),
        [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
  {
    name: "PostgreSQL",
    async make() {
      const { url } = await (await postgresServer()).createDatabase("state");
      return {
        state: () => openPostgres(url, "team", "state"),
        ledger: () => openPostgres(url, "team", "ledger"),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  },
];
