/** The databases on which the state must behave alike. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "../../src/state/sql.ts";
import { openSqlite } from "../../src/state/sqlite.ts";

/** One place where a state can be kept; each `open` is a connection of its own, as another process has it. */
export interface Place extends AsyncDisposable {
  open(): Promise<Database>;
}

export const PLACES: readonly { readonly name: string; make(): Promise<Place> }[] = [
  {
    name: "SQLite",
    async make() {
      const folder = mkdtempSync(path.join(tmpdir(), "expunge-test-state-"));
      return {
        open: async () => openSqlite(path.join(folder, "state.db")),
        [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
];
