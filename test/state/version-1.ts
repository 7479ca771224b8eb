/** A workspace as expunge 0.1.0 left it: nine requests, some of them killed half-way. See the folder beside. */
import { chmodSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

const FROM = path.join(import.meta.dirname, "version-1");

/** Makes `.expunge`, `datamap.yaml` and `data` in the folder. → the workspace */
export function writeVersion1(folder: string): string {
  const workspace = path.join(folder, ".expunge");
  mkdirSync(workspace, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(folder, "data"), { recursive: true });
  for (const name of ["state", "ledger"]) {
    using db = new DatabaseSync(path.join(workspace, `${name}.db`));
    db.exec(
      `pragma journal_mode = wal; pragma secure_delete = on; begin; ${readFileSync(path.join(FROM, `${name}.sql`), "utf8")} commit`,
    );
  }
  cpSync(path.join(FROM, "keys"), path.join(workspace, "keys"), { recursive: true });
  for (const name of ["signing", "pseudonym", "sealing"]) chmodSync(path.join(workspace, "keys", `${name}.key`), 0o600);
  cpSync(path.join(FROM, "public.vkey"), path.join(workspace, "public.vkey"));
  cpSync(path.join(FROM, "datamap.yaml"), path.join(folder, "datamap.yaml"));
  for (const name of ["list.csv", "invoices.csv"]) cpSync(path.join(FROM, name), path.join(folder, "data", name));
  return workspace;
}
