import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Failure, refusedByDisk } from "./errors.ts";
import { isOrigin, verifierKeyOf } from "./ledger/verifier-key.ts";
import { shipped } from "./package-files.ts";
import { keyFile, KEYS, makeKey } from "./state/key-files.ts";
import { openState } from "./state/open-state.ts";
import {
  databaseSecret,
  fileOf,
  keysFolder,
  openPart,
  type Part,
  vkeyFile,
  type WorkspacePlace,
} from "./workspace-place.ts";
import {
  key,
  keyFromEnvironment,
  knownOrigin,
  noteKeys,
  openOwnLedger,
  type Places,
  refuseOtherKeys,
  secret,
  signingKey,
} from "./workspace.ts";

export interface MadeWorkspace {
  /** The folder, absolute, or `postgres:NAME`. */
  readonly dir: string;
  readonly origin: string;
  /** The ledger's public key as C2SP vkey. */
  readonly vkey: string;
  /** What was not there before. */
  readonly made: readonly string[];
}

/**
 * Makes what is missing of a workspace: folder, keys, public key, stores, and a first data map where there is none. What
 * is there stays as it is. Throws USAGE for an origin other than the one it has, KEY_MISSING where keys do not fit,
 * LEDGER_MISMATCH where a ledger that had entries is missing: a new one would deny them.
 */
export async function makeWorkspace(
  places: Places,
  wantedOrigin: string | undefined,
  today: string,
): Promise<MadeWorkspace> {
  if (wantedOrigin !== undefined && !isOrigin(wantedOrigin))
    throw new Failure("USAGE", "an origin has no spaces and no plus, as in example.org/erasures");
  const made: string[] = [];
  const making = (file: string, make: () => void): void => {
    if (existsSync(file)) return;
    try {
      make();
    } catch (error) {
      const refused = refusedByDisk(error, file);
      // what is there stays as it is: half of a file would stay half for ever
      if (refused !== undefined) rmSync(file, { force: true });
      throw refused ?? error;
    }
    made.push(file);
  };
  const inDatabase = databaseSecret(places) !== undefined;
  const dir = inDatabase ? places.workspace : resolve(places.workspace);
  const known = await knownOrigin(places);
  // the keys in it are for nobody else's eyes
  const keys = resolve(keysFolder(places));
  const folder = inDatabase ? keys : dir;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ignore = join(folder, ".gitignore");
  // one that an earlier version left empty on a full disk ignores nothing
  if (existsSync(ignore) && readFileSync(ignore).length === 0) rmSync(ignore);
  making(ignore, () => writeFileSync(ignore, "*\n"));
  // a workspace that has been made has its keys: others would open nothing of what is sealed, and sign another ledger
  if (known !== undefined) for (const name of KEYS) key(places, name);
  for (const name of KEYS)
    if (keyFromEnvironment(name) === undefined && makeKey(keys, name)) made.push(keyFile(keys, name));
  const { origin, vkey } = publicKey(places, known, wantedOrigin, making);
  const missing = { state: await isMissing(places, "state"), ledger: await isMissing(places, "ledger") };
  const state = await openState(await openPart(places, "state", secret), { sealingKey: key(places, "sealing") });
  try {
    await refuseOtherKeys(state, { pseudonym: key(places, "pseudonym"), sealing: key(places, "sealing") });
    await (await openOwnLedger(places, state, origin))[Symbol.asyncDispose]();
    await noteKeys(places, state);
  } finally {
    await state[Symbol.asyncDispose]();
  }
  for (const part of ["state", "ledger"] as const)
    if (missing[part]) made.push(fileOf(places, part)?.path ?? `${places.workspace} (${part})`);
  firstMap(places.map, today, making);
  return { dir, origin, vkey, made };
}

async function isMissing(place: WorkspacePlace, part: Part): Promise<boolean> {
  const file = fileOf(place, part);
  if (file !== undefined) return !file.exists;
  await using database = await openPart(place, part, secret);
  return (await database.version(database.read)) === 0;
}

function publicKey(
  place: WorkspacePlace,
  known: string | undefined,
  wanted: string | undefined,
  making: (file: string, make: () => void) => void,
): { readonly origin: string; readonly vkey: string } {
  const file = resolve(vkeyFile(place));
  const there = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  const origin = known ?? wanted ?? `expunge.local/${randomBytes(4).toString("hex")}`;
  if (wanted !== undefined && wanted !== origin)
    throw new Failure("USAGE", `this workspace's origin is ${origin} already, and stays so`);
  const vkey = verifierKeyOf(origin, signingKey(place)).text;
  if (there !== undefined && there !== vkey)
    throw new Failure("KEY_MISSING", `${file} does not belong to the signing key`, {
      help: "Bring back the signing key of this workspace: its ledger can be continued with no other.",
    });
  making(file, () => writeFileSync(file, `${vkey}\n`));
  return { origin, vkey };
}

function firstMap(map: string, today: string, making: (file: string, make: () => void) => void): void {
  if (existsSync(map)) return;
  mkdirSync(dirname(resolve(map)), { recursive: true });
  making(map, () => writeFileSync(map, firstMapText(today), { flag: "wx" }));
  const schema = join(dirname(map), "datamap.schema.json");
  making(schema, () => copyFileSync(shipped("manifests", "datamap.schema.json"), schema));
}

function firstMapText(today: string): string {
  const nextYear = `${Number(today.slice(0, 4)) + 1}-${today.slice(5, 7)}-01`;
  return `# yaml-language-server: $schema=./datamap.schema.json
# Where copies of a person lie, and what happens to them. \`expunge map lint\` checks this file, \`expunge explain\` says it in words.
version: 1
controller:
  name: Your organisation
  contact: privacy@example.org
  calendar: { timezone: ${Intl.DateTimeFormat().resolvedOptions().timeZone}, regime: eu, holidays: [] } # holidays: dates, or a region such as DE-BW
map: { owner: privacy@example.org, review_by: ${nextYear} }
identities: # what a request starts from
  email: { type: email, fold: [trim, lowercase] }
systems: # replace this example with your own
  shared_folder:
    kind: files
    connect: { root: ./data }
    owner: office@example.org
    records:
      contact_lists: { called: contact lists, files: ["lists/*.csv"], match: { email: email }, do: remove-rows }
`;
}
