/** Opens data map, systems, state and ledger, and closes them in reverse. The only reader of the environment. */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { IO, Planter, System } from "./port/connector.ts";
import { decorated } from "./port/decorated.ts";
import { NEVER, openPace } from "./port/pace.ts";
import type { Registry } from "./port/registry.ts";
import { Failure } from "./errors.ts";
import type { Signer } from "./ledger/approval-statement.ts";
import { type Ledger, openLedger } from "./ledger/ledger.ts";
import { actorId, actorKey, epochKey, pseudonym } from "./ledger/pseudonym.ts";
import { removeLeftPlanted } from "./left-planted.ts";
import type { MapFile } from "./map-file.ts";
import { tellMap } from "./map-in-force.ts";
import type { DataMap } from "./model/datamap.ts";
import { type Act, mayAct, rolesFor } from "./model/person.ts";
import { isSeen, sameName } from "./model/same-name.ts";
import type { Finding } from "./model/search.ts";
import { ed25519Key, personSigner } from "./person-keys.ts";
import { civilDateOf } from "./retention/civil-date.ts";
import { isOpenToOthers, type KeyName, parseKey, readKey } from "./state/key-files.ts";
import { keyMark, type MarkedKey } from "./state/key-marks.ts";
import { refuseOlderState, refuseOtherLedger } from "./state/ledger-head.ts";
import { openLedgerRows } from "./state/ledger-rows.ts";
import { openState } from "./state/open-state.ts";
import type { State } from "./state/state.ts";
import { databaseSecret, fileOf, keysFolder, openPart, vkeyFile, type WorkspacePlace } from "./workspace-place.ts";

/** The flags that every command has. */
export interface Places extends WorkspacePlace {
  /** Path of the data map. */
  readonly map: string;
  readonly as?: string | undefined;
  /** File of the key with which the person acts. */
  readonly "sign-with"?: string | undefined;
}

export interface Opening {
  /** The kinds of systems that the data map may name. */
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** Whether the command reckons a deadline; then holidays are loaded. Default: true. */
  readonly deadlines?: boolean;
  /** What the command does; none: it only reads. */
  readonly act?: Act;
  /** Told what was taken away that a rehearsal had left. Default: stderr. */
  say?(text: string): void;
}

/** What a call of a connector tells while it works. */
export interface Hooks {
  /** Default: the command's, which aborts at Ctrl-C. */
  readonly signal?: AbortSignal;
  report(finding: Finding): void;
  progress?(done: number): void;
}

/** A workspace for commands that only look: they answer though the ledger be gone. */
export interface Reading extends AsyncDisposable {
  /** Who acts: `--as`, EXPUNGE_ACTOR, or the user of the operating system; where the data map has `people`, whose key it is. */
  readonly actor: string;
  /** A person who acts as the ledger names them, opaque. */
  actorIdOf(name: string): string;
  readonly signal: AbortSignal;
  readonly state: State;
  /** Throws LEDGER_MISMATCH where it is not the one that this state knows. To be disposed of before the workspace. */
  openLedger(): Promise<Ledger>;
  /** `point` or `point@system` at which a test kills the process. */
  readonly killAt: string | undefined;
  now(): Date;
  /** The data map without an error. Throws DATAMAP_MISSING, DATAMAP_INVALID. */
  dataMap(): Promise<DataMap>;
  /** The same, for a plan. Throws NOT_BUILT and CONFLICT too. */
  planMap(): Promise<DataMap>;
  /** The civil date in the controller's zone. */
  today(): Promise<string>;
  /** The connector's folder is loaded at the first use of its kind. */
  system(name: string): Promise<System>;
  io(request: string, hooks: Hooks): Promise<IO>;
  /** Full hex. The value is folded already. */
  pseudonym(identity: string, folded: string): string;
}

export interface Workspace extends Reading {
  readonly ledger: Ledger;
  /** Signs what the actor approves; where the data map has `people`. */
  readonly signer?: Signer;
}

/** Yearly epochs come with the rotation of keys. */
export const EPOCH = 1;

/**
 * As `openReading`, and LEDGER_MISMATCH: nothing is done or signed beside a ledger that is missing, older or another. For
 * an act NOT_ALLOWED and KEY_MISSING too.
 */
export async function openWorkspace(places: Places, opening: Opening): Promise<Workspace> {
  const reading = await openReading(places, opening);
  const ledger = await closingOnFailure(reading, async () => await reading.openLedger());
  const acting = await closingOnFailure(reading, async () => {
    await noteKeys(places, reading.state);
    if (opening.act === undefined) return {};
    const as = await actingIn(places, opening.act, reading);
    await noteMap(reading, opening.act, as.actor ?? reading.actor);
    return as;
  });
  return {
    ...reading,
    ...acting,
    ledger,
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      await reading[Symbol.asyncDispose]();
    },
  };
}

/**
 * Throws NO_WORKSPACE, KEY_MISSING, STATE_UNREADABLE, what a database answers, and CLOCK_REFUSED where the environment sets
 * the time and the data map does not allow it.
 */
export async function openReading(
  places: Places,
  { registry, signal, deadlines = true, say = talk }: Opening,
): Promise<Reading> {
  const nowhere = new Failure("NO_WORKSPACE", `there is no workspace in ${places.workspace}`);
  if (fileOf(places, "state")?.exists === false) throw nowhere;
  let read: Promise<MapFile> | undefined;
  // reading the map loads schemas and statutes: not for commands that do without it
  const maps = async () => await import("./map-file.ts");
  let today = new Date();
  const mapFile = (): Promise<MapFile> => (read ??= openMap(places, registry, today, deadlines));
  const dataMap = async (): Promise<DataMap> => (await maps()).validMap(await mapFile());
  const { now, killAt } = await testOnly(dataMap);
  // holidays and review dates are those around the time that was set
  if (utcDate(now()) !== utcDate(today)) [today, read] = [now(), undefined];

  const [master, sealingKey] = [key(places, "pseudonym"), key(places, "sealing")];
  const database = await openPart(places, "state", secret);
  const origin = await closingOnFailure(database, async () => {
    if ((await database.version(database.read)) === 0) throw nowhere;
    return await readOrigin(places);
  });
  const subjects = epochKey(master, EPOCH, origin);
  const actor = actorOf(places);
  const state = await openState(database, { sealingKey });
  await closingOnFailure(state, async () => await refuseOtherKeys(state, { pseudonym: master, sealing: sealingKey }));
  const reading: Reading = {
    actor,
    actorIdOf: (name) => actorId(actorKey(master, origin), name),
    signal,
    state,
    openLedger: async () => await openOwnLedger(places, state, origin),
    killAt,
    now,
    dataMap,
    async planMap() {
      const map = await dataMap();
      (await maps()).refusePlan(await mapFile());
      return map;
    },
    today: async () => civilDateOf(now(), (await dataMap()).controller.calendar.timezone),
    system: systemsOnce(registry, dataMap),
    async io(request, hooks) {
      const digestKey = (await state.read.sealed.exists(request))
        ? await state.read.sealed.digestKey(request)
        : undefined;
      return ioOf({
        request,
        signal: hooks.signal ?? signal,
        now,
        base: dirname(resolve(places.map)),
        hooks,
        digestKey,
        master,
      });
    },
    pseudonym: (identity, folded) => pseudonym(subjects, identity, folded),
    [Symbol.asyncDispose]: async () => await state[Symbol.asyncDispose](),
  };
  await closingOnFailure(
    state,
    async () => await removeLeftPlanted({ ...reading, openPlanter: planterIn(reading), say }),
  );
  return reading;
}

/** Planters of a workspace's systems. */
export function planterIn({
  system,
  io,
}: Pick<Reading, "system" | "io">): (name: string) => Promise<Planter | undefined> {
  return async (name) => {
    const { openPlanter } = await system(name);
    // whatever is pressed, what was planted is taken away
    return await openPlanter?.(await io("map rehearse", { signal: NEVER, report: () => {} }));
  };
}

/** Systems as a data map names them, for whoever only looks at them. */
export interface Systems {
  readonly signal: AbortSignal;
  now(): Date;
  /** As read, with its warnings. It has no error. */
  readonly file: MapFile;
  readonly map: DataMap;
  system(name: string): Promise<System>;
  /** No request is at work: it digests nothing, and has no pseudonym for anybody. */
  io(what: string, hooks: Hooks): IO;
}

/** Without a workspace, as in a CI job that has nothing but the data map and the secrets. Throws DATAMAP_MISSING, DATAMAP_INVALID, CLOCK_REFUSED. */
export async function openSystems(places: Pick<Places, "map">, opening: Opening): Promise<Systems> {
  return await systemsOf(await openMap(places, opening.registry), places, opening);
}

/** The same of a data map that was read already, whose paths lead on from where `places.map` stands. */
export async function systemsOf(
  file: MapFile,
  places: Pick<Places, "map">,
  { registry, signal }: Opening,
): Promise<Systems> {
  const map = (await import("./map-file.ts")).validMap(file);
  const { now } = await testOnly(async () => await Promise.resolve(map));
  const base = dirname(resolve(places.map));
  return {
    signal,
    now,
    file,
    map,
    system: systemsOnce(registry, async () => await Promise.resolve(map)),
    io: (request, hooks) =>
      ioOf({ request, signal: hooks.signal ?? signal, now, base, hooks, digestKey: undefined, master: undefined }),
  };
}

/** Remembers the keys by their marks, where nobody did yet. */
export async function noteKeys(places: Places, state: State): Promise<void> {
  if ((await state.read.keys.known()) !== undefined) return;
  const marks = {
    pseudonym: keyMark("pseudonym", key(places, "pseudonym")),
    sealing: keyMark("sealing", key(places, "sealing")),
  };
  await state.atomically(async (tx) => await tx.keys.note(marks));
}

/** Throws KEY_MISSING for keys of another workspace: what is sealed would not open, and people would get other pseudonyms. */
export async function refuseOtherKeys(
  { read }: Pick<State, "read">,
  keys: Readonly<Record<MarkedKey, Uint8Array>>,
): Promise<void> {
  const known = await read.keys.known();
  if (known === undefined) return;
  for (const name of ["pseudonym", "sealing"] as const)
    if (keyMark(name, keys[name]) !== known[name])
      throw new Failure("KEY_MISSING", `the ${name} key is not the one of this workspace`, {
        help: `Bring back this workspace's own ${name} key.`,
      });
}

/** The ledger that this state knows; where it knows none and there is none, a new one. */
export async function openOwnLedger(places: Places, state: State, origin: string): Promise<Ledger> {
  const how = { origin, signingKey: signingKey(places) };
  const known = (await state.read.outbox.ledgerHead()) !== undefined;
  if (fileOf(places, "ledger")?.exists === false) await refuseOtherLedger(state.read, undefined);
  try {
    const database = await openPart(places, "ledger", secret);
    await closingOnFailure(database, async () => {
      if ((await database.version(database.read)) === 0) await refuseOtherLedger(state.read, undefined);
    });
    const ledger = await openLedger(await openLedgerRows(database), how);
    await closingOnFailure(ledger, async () => {
      await refuseOtherLedger(state.read, ledger);
      await refuseOlderState(state.read, ledger);
    });
    return ledger;
  } catch (error) {
    // one that cannot be read does not hold what this state knows of it
    if (known && error instanceof Failure && error.code === "STATE_UNREADABLE")
      throw new Failure("LEDGER_MISMATCH", error.message);
    throw error;
  }
}

/** The data map for commands that need no workspace. */
export async function openMap(
  places: Pick<Places, "map">,
  registry: Registry,
  today = new Date(),
  deadlines = true,
): Promise<MapFile> {
  const { readMapFile } = await import("./map-file.ts");
  return await readMapFile(places.map, registry, utcDate(today), deadlines);
}

/** The same, judged on the day that EXPUNGE_NOW sets where the data map allows it; and what that day is. Throws CLOCK_REFUSED for no time. */
export async function openMapToday(
  places: Pick<Places, "map">,
  registry: Registry,
): Promise<{ readonly file: MapFile; now(): Date }> {
  const today = new Date();
  const file = await openMap(places, registry, today);
  const { map } = file;
  // a map with errors says nothing that could be trusted, and one with a real clock is judged by it
  if (map?.clock !== "test") return { file, now: () => new Date() };
  const { now } = await testOnly(async () => await Promise.resolve(map));
  return { file: utcDate(now()) === utcDate(today) ? file : await openMap(places, registry, now()), now };
}

/**
 * Who acts, and with which key: where the data map has `people` only they do, each in their roles and with a key of their
 * own. Nothing where it has none: then it is whoever is named. Throws NOT_ALLOWED, KEY_MISSING.
 */
export async function actingIn(
  places: Pick<Places, "as" | "sign-with">,
  act: Act,
  { dataMap }: Pick<Reading, "dataMap">,
): Promise<Partial<Pick<Workspace, "actor" | "signer">>> {
  const people = (await mapFor(act, dataMap))?.people;
  if (people === undefined) return {};
  const help = "Act with your own key: --sign-with FILE, or EXPUNGE_SIGN_WITH. `expunge key new NAME` makes one.";
  const file = places["sign-with"] ?? filled(process.env["EXPUNGE_SIGN_WITH"]);
  if (file === undefined)
    throw new Failure("NOT_ALLOWED", "the data map names who may act, and a name alone does not show who it is", {
      help,
    });
  const signer = personSigner(file);
  const person = people.find(({ key: known }) => known === signer.key);
  if (person === undefined)
    throw new Failure("NOT_ALLOWED", "the key is of nobody whom the data map names", {
      help: "Have the public key added to `people` in the data map, or act with the key that is there.",
    });
  if (!mayAct(person, act))
    throw new Failure(
      "NOT_ALLOWED",
      `the data map does not let you do this: ${act} is for ${rolesFor(act).join(", ")}`,
    );
  if (places.as !== undefined && !sameName(places.as, person.name))
    throw new Failure("NOT_ALLOWED", "--as names somebody else than the key", { help: "Leave --as out." });
  return { actor: person.name, signer };
}

/** Requests are cancelled and refused without a data map, or with one that cannot be read: who may act is not known then. */
async function mapFor(act: Act, dataMap: Reading["dataMap"]): Promise<DataMap | undefined> {
  try {
    return await dataMap();
  } catch (error) {
    const ends = act === "request cancel" || act === "request refuse";
    if (ends && error instanceof Failure && (error.code === "DATAMAP_MISSING" || error.code === "DATAMAP_INVALID"))
      return undefined;
    throw error;
  }
}

/**
 * Who can hand in another data map names other people: every act tells the ledger of the map where it is another than
 * before. Where no map of this workspace ever named anybody, the approval of a plan does.
 */
async function noteMap({ state, dataMap, now, actorIdOf }: Reading, act: Act, actor: string): Promise<void> {
  const map = await mapFor(act, dataMap);
  if (map === undefined) return;
  const told = await state.read.outbox.mapTold();
  if (told === map.digest || (told === undefined && map.people === undefined)) return;
  const inForce = { digest: map.digest, at: now().toISOString(), by: actorIdOf(actor) };
  await state.atomically(async (tx) => await tellMap(tx, inForce));
}

/** Throws USAGE for a name of which nothing can be seen. */
export function actorOf({ as }: Pick<Places, "as">): string {
  if (as !== undefined && !isSeen(as)) throw new Failure("USAGE", "--as names nobody");
  return as ?? filled(process.env["EXPUNGE_ACTOR"]) ?? systemUser();
}

/** Value of a secret: the variable EXPUNGE_SECRET_<NAME>, else the file NAME in $EXPUNGE_SECRETS_DIR. Throws SECRET_MISSING, SECRET_UNSAFE. */
export function secret(name: string): string {
  const variable = `EXPUNGE_SECRET_${name.toUpperCase()}`;
  const value = filled(process.env[variable]);
  if (value !== undefined) return value;
  const folder = filled(process.env["EXPUNGE_SECRETS_DIR"]);
  const file = folder === undefined || basename(name) !== name ? undefined : join(folder, name);
  if (file === undefined || !existsSync(file) || !statSync(file).isFile())
    throw new Failure(
      "SECRET_MISSING",
      `the secret "${name}" is not set: neither ${variable} nor a file in $EXPUNGE_SECRETS_DIR`,
      {
        // no shell sets a variable with another sign in its name
        help: /^\w+$/u.test(variable)
          ? `Set the environment variable ${variable}, or put a file named ${name} into $EXPUNGE_SECRETS_DIR.`
          : `Put a file named ${name} into $EXPUNGE_SECRETS_DIR, or give the secret a name of letters, digits and _.`,
      },
    );
  if (isOpenToOthers(file) && !isServiceCredential(file))
    throw new Failure("SECRET_UNSAFE", `the file of the secret "${name}" can be read by others`);
  return readFileSync(file, "utf8").replace(/\r?\n$/u, "");
}

/**
 * Whether it is a credential that systemd gave to this service alone: it says so by an access list, whose mask stands
 * where the rights of the group would.
 */
function isServiceCredential(file: string): boolean {
  const folder = filled(process.env["CREDENTIALS_DIRECTORY"]);
  return folder !== undefined && resolve(dirname(file)) === resolve(folder) && (statSync(file).mode & 0o777) === 0o440;
}

/** A key from EXPUNGE_KEY_<NAME>, else from its file. Throws KEY_MISSING. */
export function key(place: WorkspacePlace, name: KeyName): Buffer {
  return keyFromEnvironment(name) ?? readKey(keysFolder(place), name);
}

/** Undefined where the variable is not set. Throws KEY_MISSING where it holds no key. */
export function keyFromEnvironment(name: KeyName): Buffer | undefined {
  const variable = `EXPUNGE_KEY_${name.toUpperCase()}`;
  const text = filled(process.env[variable]);
  if (text === undefined) return undefined;
  const parsed = parseKey(text);
  if (parsed === undefined) throw new Failure("KEY_MISSING", `${variable} holds no key of 32 bytes in base64`);
  return parsed;
}

/** The Ed25519 key whose seed is the workspace's signing key. */
export function signingKey(place: WorkspacePlace): KeyObject {
  return ed25519Key(key(place, "signing"));
}

/** The ledger's origin: the name in its public key, which a database has itself. Undefined before `init`. */
export async function knownOrigin(place: WorkspacePlace): Promise<string | undefined> {
  if (databaseSecret(place) !== undefined) {
    const database = await openPart(place, "ledger", secret);
    const made = await closingOnFailure(database, async () => (await database.version(database.read)) > 0);
    await using rows = made ? await openLedgerRows(database) : undefined;
    if (rows === undefined) await database[Symbol.asyncDispose]();
    return (await rows?.read.about())?.origin;
  }
  const file = vkeyFile(place);
  const [origin, ...rest] = existsSync(file) ? readFileSync(file, "utf8").trim().split("+") : [];
  if (origin !== "" && rest.length > 0) return origin;
  // the file may be lost; the ledger says whose it is
  if (fileOf(place, "ledger")?.exists !== true) return undefined;
  await using rows = await openLedgerRows(await openPart(place, "ledger", secret));
  return (await rows.read.about())?.origin;
}

async function readOrigin(place: WorkspacePlace): Promise<string> {
  const origin = await knownOrigin(place);
  if (origin === undefined)
    throw new Failure(
      "KEY_MISSING",
      `${vkeyFile(place)} is missing or no public key, and there is no ledger that says it`,
      {
        help: "Bring back the public key, or the ledger.",
      },
    );
  return origin;
}

function talk(text: string): void {
  process.stderr.write(`${text}\n`);
}

export interface IOParts {
  readonly request: string;
  readonly signal: AbortSignal;
  readonly base: string;
  readonly hooks: Hooks;
  /** Undefined where nobody acts. */
  readonly master: Uint8Array | undefined;
  /** Undefined where no request is at work, or it has ended. */
  readonly digestKey: Uint8Array | undefined;
  now(): Date;
}

/** What a connector may use, of these parts. */
export function ioOf({ request, signal, base, hooks, master, digestKey, now }: IOParts): IO {
  // made once: from bytes the runtime makes a key anew for every digest, which costs more than the digest
  const digestSecret = digestKey === undefined ? undefined : createSecretKey(digestKey);
  let fields: KeyObject | undefined;
  return {
    request,
    signal,
    base,
    now,
    secret,
    digest(parts) {
      if (digestSecret === undefined) throw new Failure("WRONG_STATE", `${request} has no key for digests`);
      return createHmac("sha256", digestSecret).update(JSON.stringify(parts)).digest("hex");
    },
    pseudonym(value) {
      if (master === undefined) throw new Failure("WRONG_STATE", `${request} has no key for pseudonyms`);
      fields ??= createSecretKey(
        new Uint8Array(hkdfSync("sha256", master, new Uint8Array(0), "field/pseudonymise/v1", 32)),
      );
      return `ps_${createHmac("sha256", fields).update(value).digest("hex").slice(0, 32)}`;
    },
    report: hooks.report,
    progress: hooks.progress ?? (() => {}),
    pace: openPace(),
  };
}

/** Systems of a data map by name, each made once. Throws UNEXPECTED where no connector is registered for the system's kind. */
export function systemsOnce(registry: Registry, dataMap: () => Promise<DataMap>): (name: string) => Promise<System> {
  const systems = new Map<string, Promise<System>>();
  return async (name) => {
    const map = await dataMap();
    const known = systems.get(name) ?? openSystem(registry, map, name);
    systems.set(name, known);
    return await known;
  };
}

async function openSystem({ connectors }: Registry, map: DataMap, name: string): Promise<System> {
  const block = map.systems.find((system) => system.name === name);
  const registered = connectors.find(({ kind }) => kind === block?.kind);
  if (block === undefined || registered === undefined)
    throw new Failure("UNEXPECTED", `no connector can open "${name}"`);
  // tables that the map ignores are declared: their references and cascades are accepted
  const prefix = `${name}.`;
  const ignore = map.ignore.filter((table) => table.startsWith(prefix)).map((table) => table.slice(prefix.length));
  const [connector, { perSecond }] = [await registered.connector(), await registered.config()];
  const pace = openPace(perSecond === undefined ? {} : { perSecond });
  return decorated(connector.configure({ ...block, ignore }), { name, pace });
}

/** EXPUNGE_NOW and EXPUNGE_TEST_KILL_AT, which only a data map with `clock: test` allows. */
async function testOnly(
  dataMap: () => Promise<DataMap>,
): Promise<{ now(): Date; readonly killAt: string | undefined }> {
  const time = filled(process.env["EXPUNGE_NOW"]);
  const killAt = filled(process.env["EXPUNGE_TEST_KILL_AT"]);
  if (time === undefined && killAt === undefined) return { now: () => new Date(), killAt };
  if ((await dataMap()).clock !== "test")
    throw new Failure(
      "CLOCK_REFUSED",
      `${time === undefined ? "EXPUNGE_TEST_KILL_AT" : "EXPUNGE_NOW"} is set, and the data map does not say \`clock: test\``,
    );
  if (time === undefined) return { now: () => new Date(), killAt };
  const at = new Date(time);
  if (!/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))?$/u.test(time) || Number.isNaN(at.getTime()))
    throw new Failure("CLOCK_REFUSED", "EXPUNGE_NOW is no ISO 8601 time with its offset");
  return { now: () => new Date(at), killAt };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${String(process.getuid?.() ?? "?")}`;
  }
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}

function utcDate(at: Date): string {
  return at.toISOString().slice(0, 10);
}

async function closingOnFailure<T>(opened: AsyncDisposable, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}
