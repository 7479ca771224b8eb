/** Where a workspace is kept: in a folder, or in a database with its keys in a folder. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "./errors.ts";
import type { Database } from "./state/sql.ts";
import { LEDGER_FILE, openSqlite, STATE_FILE } from "./state/sqlite.ts";

/** As the flags say it. */
export interface WorkspacePlace {
  /** Path of a folder, or `postgres:NAME` with the name of a secret. */
  readonly workspace: string;
  /** Folder of the keys. Default: `keys` in the workspace's folder, `.expunge/keys` beside a database. */
  readonly keys?: string | undefined;
}

export type Part = "state" | "ledger";

/** Name of the secret with the database's URL; undefined for a folder. Throws USAGE. */
export function databaseSecret({ workspace }: WorkspacePlace): string | undefined {
  if (!/^postgres(?:ql)?:/u.test(workspace)) return undefined;
  const name = workspace.slice(workspace.indexOf(":") + 1);
  // what was typed may be a URL with a password
  if (!/^[A-Za-z][A-Za-z0-9_]*$/u.test(name))
    throw new Failure("USAGE", "--workspace postgres:NAME takes the name of a secret, not a URL");
  return name;
}

export function keysFolder(place: WorkspacePlace): string {
  if (place.keys !== undefined) return place.keys;
  return databaseSecret(place) === undefined ? join(place.workspace, "keys") : join(".expunge", "keys");
}

/** The public key, for those who check proofs. */
export function vkeyFile(place: WorkspacePlace): string {
  return join(databaseSecret(place) === undefined ? place.workspace : keysFolder(place), "public.vkey");
}

/** Where an officer's own templates of letters lie; undefined beside a database. */
export function lettersFolder(place: WorkspacePlace): string | undefined {
  return databaseSecret(place) === undefined ? join(place.workspace, "letters") : undefined;
}

/** Whether the part's file is there; a database says so itself. */
export function fileOf(
  place: WorkspacePlace,
  part: Part,
): { readonly path: string; readonly exists: boolean } | undefined {
  if (databaseSecret(place) !== undefined) return undefined;
  const path = join(resolve(place.workspace), `${part}.db`);
  return { path, exists: existsSync(path) };
}

/** Opens the part's file, which is made where it is not, or connects at its first use. `secret`: value of a secret. */
export async function openPart(place: WorkspacePlace, part: Part, secret: (name: string) => string): Promise<Database> {
  const name = databaseSecret(place);
  if (name === undefined)
    return openSqlite(join(resolve(place.workspace), `${part}.db`), part === "state" ? STATE_FILE : LEDGER_FILE);
  const { openPostgres } = await import("./state/postgres.ts");
  return openPostgres(secret(name), name, part);
}
