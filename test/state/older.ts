/** Workspaces as earlier commits left them; see the folders beside. */
import { chmodSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** As expunge 0.1.0 left it: nine requests, some of them killed half-way. */
export function writeVersion1(folder: string): string {
  return writeVersion("version-1", folder);
}

/** As the last commit without legal holds left it: a request that is planned, one approved, and one closed over a hold. */
export function writeVersion2(folder: string): string {
  return writeVersion("version-2", folder);
}

/** Makes `.expunge`, `datamap.yaml` and `data` in the folder. → the workspace */
function writeVersion(name: string, folder: string): string {
  const from = path.join(import.meta.dirname, name);
  const workspace = path.join(folder, ".expunge");
  mkdirSync(workspace, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(folder, "data"), { recursive: true });
  for (const name of ["state", "ledger"]) {
    using db = new DatabaseSync(path.join(workspace, `${name}.db`));
    db.exec(
      `pragma journal_mode = wal; pragma secure_delete = on; begin; ${readFileSync(path.join(from, `${name}.sql`), "utf8")} commit`,
    );
  }
  cpSync(path.join(from, "keys"), path.join(workspace, "keys"), { recursive: true });
  for (const name of ["signing", "pseudonym", "sealing"]) chmodSync(path.join(workspace, "keys", `${name}.key`), 0o600);
  cpSync(path.join(from, "public.vkey"), path.join(workspace, "public.vkey"));
  cpSync(path.join(from, "datamap.yaml"), path.join(folder, "datamap.yaml"));
  for (const name of ["list.csv", "invoices.csv"]) cpSync(path.join(from, name), path.join(folder, "data", name));
  return workspace;
}
