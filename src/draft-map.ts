/** Surveys systems and writes a first data map of what they are made of. Reads no record but for `sample`, and writes one file. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { draft } from "./drafting/draft.ts";
import { mapText } from "./drafting/map-text.ts";
import type { Proposal, SurveyedSystem } from "./drafting/proposal.ts";
import { withoutRecordsAt } from "./drafting/taken-out.ts";
import { Failure } from "./errors.ts";
import { readMapText } from "./map-file.ts";
import type { SystemBlock } from "./model/datamap.ts";
import type { Finding } from "./model/search.ts";
import type { Store } from "./model/structure.ts";
import { shipped } from "./package-files.ts";
import type { ConnectorConfig, DraftedFrom, IO } from "./port/connector.ts";
import { decorated } from "./port/decorated.ts";
import { openPace } from "./port/pace.ts";
import type { Registered, Registry } from "./port/registry.ts";
import { secret } from "./workspace.ts";

export interface Source {
  readonly from: DraftedFrom["from"];
  /** A secret's name, for buckets with the bucket's behind a slash; a folder. */
  readonly named: string;
}

export interface DraftOptions {
  readonly sources: readonly Source[];
  /** The file that is written. */
  readonly file: string;
  readonly registry: Registry;
  /** Default: by the secret's value. */
  readonly kind?: string | undefined;
  /** Default: all but the system's own. */
  readonly schemas: readonly string[];
  /** Values of each column that are looked at; 0: none. */
  readonly sample: number;
  readonly today: string;
  readonly signal: AbortSignal;
  /** Something that a survey could not look at. */
  report(finding: Finding): void;
}

/** Throws FILE_EXISTS, and what stands in the way of a survey; nothing is written then. */
export async function draftMap(
  options: DraftOptions,
): Promise<{ readonly proposal: Proposal; readonly made: readonly string[] }> {
  const { file, registry, today } = options;
  if (existsSync(file)) throw new Failure("FILE_EXISTS", `${file} is there already, and is not overwritten`);
  const systems: SurveyedSystem[] = [];
  for (const source of joined(options.sources)) systems.push(await surveyed(source, systems, options));
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  let proposal = draft(systems);
  let text = mapText(proposal, { today, timezone });
  // what the linter would not take, nobody gets as a map: it is told as what a person must place
  for (let round = 0; round < 5; round += 1) {
    const { issues } = await readMapText({ file, text }, registry, today, false);
    const errors = issues.filter(({ severity }) => severity === "error");
    if (errors.length === 0) break;
    const less = withoutRecordsAt(proposal, text, errors);
    if (less === undefined) throw new Failure("UNEXPECTED", `the draft would not lint (${errors[0]?.code ?? ""})`);
    proposal = less;
    text = mapText(proposal, { today, timezone });
  }
  mkdirSync(dirname(resolve(file)), { recursive: true });
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST")
      throw new Failure("FILE_EXISTS", `${file} is there already, and is not overwritten`);
    throw new Failure("USAGE", `${file} cannot be written`);
  }
  // its first line names it
  const schema = join(dirname(file), "datamap.schema.json");
  if (existsSync(schema)) return { proposal, made: [file] };
  copyFileSync(shipped("manifests", "datamap.schema.json"), schema);
  return { proposal, made: [file, schema] };
}

interface Joined {
  readonly from: Source["from"];
  readonly named: string;
  readonly within: readonly string[];
}

/** Buckets behind one secret are one system. */
function joined(sources: readonly Source[]): readonly Joined[] {
  const all = new Map<string, Joined>();
  for (const { from, named } of sources) {
    const at = from === "bucket" ? named.indexOf("/") : -1;
    const name = at === -1 ? named : named.slice(0, at);
    if (name === "") throw new Failure("USAGE", `--from-${from} names nothing`);
    const known = all.get(`${from} ${name}`);
    const inside = at === -1 ? [] : [named.slice(at + 1)];
    // one bucket named without a bucket is all of them
    const within =
      known === undefined ? inside : known.within.length === 0 || at === -1 ? [] : [...known.within, ...inside];
    all.set(`${from} ${name}`, { from, named: name, within });
  }
  return [...all.values()];
}

async function surveyed(
  source: Joined,
  others: readonly SurveyedSystem[],
  options: DraftOptions,
): Promise<SurveyedSystem> {
  const { registered, config } = await kindFor(source, options);
  const base = dirname(resolve(options.file));
  const connect: Record<string, string> =
    source.from === "folder"
      ? { root: `./${relative(base, resolve(source.named))}`.replace(/^\.\/(?=\.\.?\/|\.\.$)/u, "") }
      : { secret: source.named };
  const name = systemName(source, others);
  const block: SystemBlock = {
    name,
    kind: config.kind,
    rank: config.rank,
    connect,
    feeds: [],
    session: {},
    records: [],
    covers: [],
    at: { line: 1, column: 1 },
  };
  const { perSecond } = config;
  const pace = openPace(perSecond === undefined ? {} : { perSecond });
  const system = decorated((await registered.connector()).configure(block), { name, pace });
  if (system.openSurvey === undefined)
    throw new Failure("FORMAT_NOT_BUILT", `a system of kind ${config.kind} cannot be surveyed yet`);
  await using survey = await system.openSurvey(ioOf(base, options));
  const within = source.from === "database" ? options.schemas : source.within;
  const stores: Store[] = [];
  for await (const store of survey.stores(within)) stores.push(store);
  const samples = new Map<string, ReadonlyMap<string, readonly string[]>>();
  if (options.sample > 0)
    for (const store of stores) {
      if (store.kind === "view" || store.partOf !== undefined || store.may?.read === false) continue;
      const sampled = await survey.sample(store, options.sample);
      samples.set(store.name, new Map(sampled.map(({ column, values }) => [column, values])));
    }
  return {
    name,
    kind: config.kind,
    connect,
    stores,
    samples,
    actions: config.actions,
    ...(config.drafted?.begins === undefined ? {} : { begins: config.drafted.begins }),
  };
}

/** By what is asked for, else by what the secret's value looks like. */
async function kindFor(
  { from, named }: Joined,
  { registry, kind }: DraftOptions,
): Promise<{ readonly registered: Registered; readonly config: ConnectorConfig }> {
  const all = await Promise.all(
    registry.connectors.map(async (registered) => ({ registered, config: await registered.config() })),
  );
  const possible = all.filter(({ config }) => config.drafted?.from === from);
  if (kind !== undefined && from === "database") {
    const found = possible.find(({ config }) => config.kind === kind);
    if (found !== undefined) return found;
    throw registry.notBuilt.includes(kind)
      ? new Failure("FORMAT_NOT_BUILT", `${kind} is not built yet`)
      : new Failure("USAGE", `--kind is one of: ${possible.map(({ config }) => config.kind).join(", ")}`);
  }
  const value = from === "folder" ? named : secret(named);
  const [found] = possible.filter(({ config }) => config.drafted?.takes(value) ?? false);
  if (found !== undefined) return found;
  throw new Failure(
    "FORMAT_NOT_BUILT",
    `the value of the secret "${named}" leads to no kind of ${from} that there is`,
    {
      help: "Is it the right secret? `expunge connector list` shows the kinds that are built; --kind names one.",
    },
  );
}

/** `shop` for `shop_db`: what the data map calls it. */
function systemName({ from, named }: Joined, others: readonly SurveyedSystem[]): string {
  const plain = from === "folder" ? basename(resolve(named)) : named;
  const short = plain
    .toLowerCase()
    .replace(/[_-](?:db|database|url|dsn|uri|secret|conn|connection|es|elastic|elasticsearch|search|s3|role)$/u, "")
    .replaceAll(/[^\p{L}\p{N}_-]+/gu, "_")
    .replaceAll(/^[^\p{L}_]+|_+$/gu, "");
  const base = short === "" ? from : short;
  const taken = new Set(others.map(({ name }) => name));
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
  return name;
}

/** A survey knows no request: nothing that it does is somebody's. */
function ioOf(base: string, { signal, report }: DraftOptions): IO {
  const never = (): never => {
    throw new Failure("UNEXPECTED", "a survey has no request");
  };
  return {
    secret,
    signal,
    now: () => new Date(),
    base,
    request: "",
    digest: never,
    pseudonym: never,
    report,
    progress: () => undefined,
    pace: openPace(),
  };
}
