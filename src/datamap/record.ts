import type { Follows, HoldUse, Limits, Match, Period, Place, RecordType } from "../model/datamap.ts";
import { readWords } from "../model/in-languages.ts";
import { checkNoDuplicates, knowName, knowRecord, lack, notBuilt, type Check } from "./check.ts";
import { effectOf, readFields } from "./fields.ts";
import { followsOf } from "./follows.ts";
import { readLifeCycle } from "./life-cycle.ts";
import { readMatch, readTemplates, readWhere } from "./match.ts";
import type { Written, WrittenRecord } from "./shape.ts";
import type { Path } from "./source.ts";
import { didYouMean } from "../model/nearest.ts";

const PLACES = ["table", "index", "files", "keys"] as const satisfies readonly Place["kind"][];

const HOLD_HELP = "Add `hold: { use: HOLD, from: COLUMN }`.";
const FILE_KEYS = ["format", "dialect", "encoding"] as const;

export interface RecordContext {
  readonly system: string;
  readonly kind: string;
  /** Of the top; the record type inherits what it does not name. */
  readonly limits: Limits;
  readonly retainDeleted?: Period;
  /** Of the system. */
  readonly session?: Readonly<Record<string, string>>;
  /** Of the system: how its records follow what they are copies of. */
  readonly follows?: Follows;
}

export function readRecord(name: string, written: WrittenRecord, context: RecordContext, check: Check): RecordType {
  const { system } = context;
  const path: Path = ["systems", system, "records", name];
  const refuse = (key: string, message: string, help: string, missing: readonly string[] = []): void =>
    check.report({
      path: [...path, key],
      part: "key",
      code: "WRONG_VALUE",
      message,
      help,
      missing: missing.map((each) => [...path, each]),
    });

  const lifeCycle = readLifeCycle(written, context, path, check);
  const place = readPlace(name, written, context, path, check);
  const fields = readFields(written.fields ?? {}, [...path, "fields"], check.report);
  const paths = readFields(written.paths ?? {}, [...path, "paths"], check.report);
  const holds = readHoldUses(written, path, check);
  const match = matchOf(written, place, path, check);
  if (written.unless !== undefined) knowName(written.unless, "condition", [...path, "unless"], check);
  const auditOf = readAuditOf(written, context, path, check);
  checkNarrowing(written, place, path, check);
  checkSplit(written, match, path, check);
  checkAction(written, place, context, path, check);
  checkFields(written, effectOf(fields, paths), path, check);
  if (written.do === "keep" && holds.length === 0) {
    const message = "`keep` needs a hold: what is kept must be kept for a reason, and until a day.";
    check.report({
      path: [...path, "do"],
      part: "value",
      code: "KEEP_WITHOUT_HOLD",
      message,
      help: HOLD_HELP,
      missing: [[...path, "hold"]],
    });
  }
  if (written.while_held !== undefined && holds.length === 0)
    refuse("while_held", "`while_held` needs a hold.", HOLD_HELP, ["hold"]);
  if (written.in !== undefined && Object.keys(paths).length === 0) {
    refuse("in", "`in` needs `paths` to read in that column.", "Add `paths: { json.path: clear }`.", ["paths"]);
  }
  for (const key of FILE_KEYS) {
    if (written[key] !== undefined && place.kind !== "files")
      refuse(key, `\`${key}\` is for record files.`, "Remove it, or name the `files`.");
  }
  if (written.schedule !== undefined && place.kind === "keys")
    notBuilt([...path, "schedule"], "key", "`schedule` of whole objects", check);
  if (written.soft_delete?.marker !== undefined && place.kind !== "keys" && place.kind !== "files")
    refuse(
      "soft_delete",
      "Only whole objects get a delete marker.",
      "Name a column: `soft_delete: { timestamp: deleted_at }`.",
    );
  if (written.restore_window !== undefined && written.do !== "soft-delete" && !keepsImages(context.kind, check))
    notBuilt([...path, "restore_window"], "key", `\`restore_window\` beside \`do: ${written.do}\``, check);
  if (written.format === "json" || written.format === "parquet")
    notBuilt([...path, "format"], "value", `The format \`${written.format}\``, check);
  checkNoDuplicates(written.cascades ?? [], [...path, "cascades"], check);
  const inside = listOf(written.in);
  checkNoDuplicates(inside, [...path, "in"], check);

  const keepOnly = written.while_held?.keep_only;
  const called = written.called === undefined ? undefined : readWords(written.called);
  return {
    id: `${system}.${name}`,
    system,
    name,
    ...(called === undefined ? {} : { called: called.text }),
    ...(called?.translated === undefined ? {} : { calledIn: called.translated }),
    ...(written.purpose === undefined ? {} : { purpose: listOf(written.purpose) }),
    ...(written.categories === undefined ? {} : { categories: listOf(written.categories) }),
    ...(written.data_subjects === undefined ? {} : { dataSubjects: listOf(written.data_subjects) }),
    place,
    match,
    ...(written.where === undefined ? {} : { where: readWhere(written.where, [...path, "where"], check) }),
    do: written.do,
    ...(written.shared === undefined ? {} : { shared: written.shared }),
    ...(written.created === undefined ? {} : { created: written.created }),
    ...(written.split === undefined ? {} : { split: written.split }),
    fields: written.do === "unlink" && Object.keys(fields).length === 0 ? unlinked(match) : fields,
    in: inside,
    paths,
    ...(written.unless === undefined ? {} : { unless: written.unless }),
    holds,
    ...(written.while_held === undefined
      ? {}
      : {
          whileHeld: {
            restrict: written.while_held.restrict ?? false,
            ...(keepOnly === undefined ? {} : { keepOnly }),
          },
        }),
    auditOf,
    cascades: written.cascades ?? [],
    ...lifeCycle,
    ...followsOf(written, context.follows, lifeCycle, path, check),
    ...(written.format === undefined ? {} : { format: written.format }),
    dialect: written.dialect ?? {},
    encoding: written.encoding ?? "utf-8",
    ...(written.versions === undefined ? {} : { versions: written.versions }),
    ...sampleOf(written.sample, [...path, "sample"], check),
    limits: readLimits(written.limits, context.limits),
    ...ownOf(path, check),
    at: check.position(path),
  };
}

function sampleOf(written: WrittenRecord["sample"], path: Path, check: Check): Pick<RecordType, "sample"> {
  if (written === undefined) return {};
  const first = Object.entries(readWhere(written, path, check)).map(([column, [value = ""]]) => [column, value]);
  return { sample: Object.fromEntries(first) };
}

/** What its kind has of its own, as it was read. */
export function ownOf(path: Path, check: Check): { readonly own?: Readonly<Record<string, unknown>> } {
  const own = check.own(path);
  return own === undefined ? {} : { own };
}

export function readLimits(written: Written["limits"], above: Limits): Limits {
  return {
    maxRecords: written?.max_records ?? above.maxRecords,
    maxFraction: written?.max_fraction ?? above.maxFraction,
    maxFanOut: written?.max_fan_out ?? above.maxFanOut,
    batchRecords: written?.batch_records ?? above.batchRecords,
  };
}

function listOf(written: string | readonly string[] | undefined): readonly string[] {
  return written === undefined ? [] : typeof written === "string" ? [written] : written;
}

function readAuditOf(written: WrittenRecord, { system }: RecordContext, path: Path, check: Check): readonly string[] {
  const sources = listOf(written.audit_of);
  for (const [at, source] of sources.entries()) {
    const here = typeof written.audit_of === "string" ? [...path, "audit_of"] : [...path, "audit_of", at];
    const refuse = (message: string, help: string): void =>
      check.report({
        path: here,
        part: typeof written.audit_of === "string" ? "key" : "value",
        code: "WRONG_VALUE",
        message,
        help,
      });
    if (source === `${system}.${String(path.at(-1))}`)
      refuse("A record is not its own audit trail.", "Name the record whose changes are recorded here.");
    else if (knowRecord(source, here, check) && !source.startsWith(`${system}.`)) {
      refuse(
        "An audit trail lies in the system of its record.",
        "Write `copy_of` or a `match` for copies elsewhere: only one system can change both in one transaction.",
      );
    }
  }
  checkNoDuplicates(sources, [...path, "audit_of"], check);
  return sources;
}

/** What narrows a match, and reads columns: objects that are found by their keys have none. */
function checkNarrowing(written: WrittenRecord, place: Place, path: Path, check: Check): void {
  const refuse = (key: string, message: string, help: string, missing: readonly Path[] = []): void =>
    check.report({ path: [...path, key], part: "key", code: "WRONG_VALUE", message, help, missing });
  for (const key of ["where", "created", "split"] as const) {
    const value = written[key];
    if (value === undefined) continue;
    if (place.kind === "keys")
      refuse(
        key,
        `Objects found by their keys have no columns for \`${key}\`.`,
        "Remove it, or name the records in the objects with `files` and a `match`.",
      );
    else if (typeof value === "object" && Object.keys(value).length === 0)
      refuse(key, `\`${key}\` names no column.`, "Remove it, or name one.", [[...path, key]]);
  }
}

/** A cell is read as a list where a value in it is looked for or changed: elsewhere the key would do nothing. */
function checkSplit({ split = {}, fields = {} }: WrittenRecord, match: Match, path: Path, check: Check): void {
  for (const column of Object.keys(split)) {
    if (Object.hasOwn(fields, column) || match.terms.some((term) => term.column === column)) continue;
    const help = "`split` is for columns of `match` or `fields`. Remove it, or name the column there.";
    check.report({
      path: [...path, "split", column],
      part: "key",
      code: "WRONG_VALUE",
      message: `Nothing reads the list in \`${column}\`.`,
      help,
    });
  }
  const separators = Object.entries(split).filter(([, separator]) => /[\r\n]/u.test(separator));
  for (const [column] of separators) {
    check.report({
      path: [...path, "split", column],
      part: "value",
      code: "WRONG_VALUE",
      message: "What separates values in a cell is no line end.",
      help: "Write what stands between two values, as in `;`.",
    });
  }
}

/** `do: unlink` without `fields` cuts what leads to the person. */
function unlinked(match: Match): RecordType["fields"] {
  return Object.fromEntries(match.terms.map(({ column }) => [column, { kind: "unlink" } as const]));
}

function readPlace(name: string, written: WrittenRecord, { kind }: RecordContext, path: Path, check: Check): Place {
  const allowed = check.kinds.get(kind)?.places ?? PLACES;
  const [given, ...more] = PLACES.filter((key) => written[key] !== undefined);
  const refuse = (at: Path, message: string, help: string): void =>
    check.report({ path: at, part: "key", code: "PLACE", message, help });
  for (const key of more)
    refuse([...path, key], "Records lie in one place.", `Write a record of its own for \`${key}\`.`);
  if (given === undefined && !allowed.includes("table")) {
    const help = `Add ${allowed.map((key) => `\`${key}:\``).join(" or ")}.`;
    lack(path, PLACES, { code: "PLACE", message: `Nothing says where \`${name}\` lie.`, help }, check);
  }
  if (given !== undefined && !allowed.includes(given))
    refuse(
      [...path, given],
      `\`${kind}\` has no \`${given}\`.`,
      `It has ${allowed.map((key) => `\`${key}\``).join(" and ")}.`,
    );
  if (written.files !== undefined) return { kind: "files", globs: written.files };
  if (written.keys !== undefined) return { kind: "keys", templates: written.keys };
  if (written.index !== undefined) return { kind: "index", pattern: written.index };
  return { kind: "table", ...tableName(name, written.table, path, check) };
}

function tableName(
  name: string,
  written: WrittenRecord["table"],
  path: Path,
  check: Check,
): { table: string; schema?: string } {
  if (written === undefined) return { table: name };
  const parts = typeof written === "string" ? written.split(".") : written;
  const [first = "", second] = parts;
  if (parts.length > 2 || parts.includes("")) {
    check.report({
      path: [...path, "table"],
      part: "value",
      code: "BAD_REFERENCE",
      message: "This is no table.",
      help: "Write `name` or `schema.name`; where a name holds a dot, `[schema, name]`.",
    });
  }
  return second === undefined ? { table: first } : { schema: first, table: second };
}

function matchOf(written: WrittenRecord, place: Place, path: Path, check: Check): Match {
  if (place.kind === "keys") {
    if (written.match !== undefined) {
      check.report({
        path: [...path, "match"],
        part: "key",
        code: "WRONG_VALUE",
        message: "`keys` has no `match`: its placeholders are the match.",
        help: "Remove `match`.",
      });
    }
    return readTemplates(place.templates, [...path, "keys"], check);
  }
  if (written.match !== undefined) return readMatch(written.match, [...path, "match"], check);
  const message = `Nothing says how a person's records are found in \`${String(path.at(-1))}\`.`;
  lack(path, ["match"], { code: "MISSING_KEY", message, help: "Add `match: { COLUMN: IDENTITY }`." }, check);
  return { mode: "any", terms: [] };
}

function readHoldUses(written: WrittenRecord, path: Path, check: Check): HoldUse[] {
  const list = written.hold === undefined ? [] : Array.isArray(written.hold) ? written.hold : [written.hold];
  return list.map(({ use, from, protects = [] }, at) => {
    const here = Array.isArray(written.hold) ? [...path, "hold", at] : [...path, "hold"];
    knowName(use, "hold", [...here, "use"], check);
    for (const [index, id] of protects.entries()) knowRecord(id, [...here, "protects", index], check);
    checkNoDuplicates(protects, [...here, "protects"], check);
    if (list.findIndex((other) => other.use === use && other.from === from) < at) {
      check.report({
        path: [...here, "use"],
        part: "value",
        code: "DUPLICATE",
        message: `The hold \`${use}\` is there twice.`,
        help: "Remove one of them.",
      });
    }
    return { hold: use, from, protects };
  });
}

function checkAction(written: WrittenRecord, place: Place, { kind }: RecordContext, path: Path, check: Check): void {
  const at = { path: [...path, "do"], part: "value", code: "ACTION_REFUSED" } as const;
  const { actions, places } = check.kinds.get(kind) ?? {};
  // then it is said that they lie nowhere
  const expectsFiles = place.kind === "table" && places?.includes("table") === false && places.includes("files");
  if (written.do === "soft-delete" && actions?.includes("soft-delete") === false)
    notBuilt(at.path, "value", `\`do: ${written.do}\` for \`${kind}\``, check);
  else if (written.do === "ask") {
    check.report({
      ...at,
      severity: "warning",
      code: "ASK",
      message: `Nobody has decided yet what becomes of \`${String(path.at(-1))}\`.`,
      help: "Decide, and write it as `do`. Until then no plan that reaches these records is made or approved; `plan --system` plans the rest.",
    });
  } else if (written.do === "erase" && place.kind === "files") {
    check.report({
      ...at,
      message: "`erase` would erase the files themselves, with everyone in them.",
      help: "Did you mean `remove-rows`?",
    });
  } else if (written.do === "remove-rows" && place.kind !== "files" && !expectsFiles) {
    check.report({
      ...at,
      message: "`remove-rows` is for record files.",
      help: "Did you mean `erase`?",
    });
  } else if (place.kind === "keys" && !["erase", "keep", "soft-delete"].includes(written.do)) {
    check.report({
      ...at,
      message: `Objects found by their keys can be erased or hidden, not \`${written.do}\`.`,
      help: "Write `do: erase` or `do: soft-delete`, or name the record `files` with a `match`.",
    });
  } else if (actions !== undefined && !actions.includes(written.do)) {
    check.report({
      ...at,
      message: `\`${kind}\` cannot \`${written.do}\`.`,
      help: didYouMean(written.do, actions, ""),
    });
  }
}

/** A kind that nobody knows is said to be unknown, and nothing else of it. */
function keepsImages(kind: string, { kinds }: Check): boolean {
  const known = kinds.get(kind);
  return known === undefined || known.preImages === true;
}

function checkFields(written: WrittenRecord, effect: ReturnType<typeof effectOf>, path: Path, check: Check): void {
  if (written.do !== "anonymise" && written.do !== "redact") return;
  if (effect === "nothing") {
    const what =
      written.do === "anonymise"
        ? "`fields: { COLUMN: clear }`"
        : "`fields: { COLUMN: clear }`, or `in: COLUMN` and `paths: { json.path: clear }`";
    check.report({
      path: [...path, "do"],
      part: "value",
      code: "FIELDS_MISSING",
      message: `\`${written.do}\` changes nothing here.`,
      help: `Add ${what}.`,
      missing: [
        [...path, "fields"],
        [...path, "paths"],
      ],
    });
  }
  if (effect === "pseudonymises" && written.do === "anonymise") {
    check.report({
      path: [...path, "do"],
      part: "value",
      code: "PSEUDONYMISED_ONLY",
      message: "Records that are only pseudonymised are not anonymised: they are still about the person.",
      help: "`clear` what identifies the person; `pseudonymise` may stand beside it.",
    });
  }
}
