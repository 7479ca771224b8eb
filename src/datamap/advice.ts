/** Advice on a data map without an error: each finding once, and quiet where there is nothing to say. */
import type { DataMap, Hold, Period, RecordType, SystemBlock } from "../model/datamap.ts";
import { daysLonger, fewestDays } from "../model/period.ts";
import { type RetentionRule, termsOn } from "../model/retention-rule.ts";
import { ADVICE, type AdviceCode } from "./advice-codes.ts";
import type { Check } from "./check.ts";
import { heldThrough, sentences } from "./sentences.ts";
import type { Path } from "./source.ts";

const LONGEST = 700;
const MOST_EXCEPTIONS = 6;
const LONG_WINDOW = 90;

const SESSION =
  /(?:^|_)(?:(?:user|login|auth|web|http|active|admin|device|api)_sessions?|one_?time_(?:codes?|passwords?)|otps?|totps?|password_?resets?(?:_tokens?)?|(?:verification|confirmation|login|magic)_?(?:codes?|tokens?|links?)|(?:access|refresh|auth|csrf)_?tokens?)$|^sessions?$/u;
const MONEY =
  /(?:^|_)(?:invoices?|credit_?notes?|payments?|payouts?|refunds?|ledger_entries|ledgers?|rechnung(?:en)?|gutschrift(?:en)?|zahlung(?:en)?|factures?|paiements?|facturas?|pagos?|fatture|fattura|pagamenti|facturen|factuur)$/u;

export function giveAdvice(map: DataMap, check: Check): void {
  const decided = map.systems.flatMap((system) =>
    system.records.flatMap((record) => (record.do === "ask" ? [] : [{ system, record }])),
  );
  const heldWith = heldThrough(map);
  for (const { system, record } of decided) {
    checkKind(map, system, record, heldWith, check);
    checkPeriods(record, check);
  }
  checkLength(map, check);
  checkSystems(map, check);
  checkKeptWhole(decided, heldWith, check);
  checkEnvironments(map, check);
  for (const hold of map.holds) checkHold(hold, check);
}

function advise(code: AdviceCode, path: Path, seen: string, check: Check, part: "key" | "value" = "key"): void {
  const { why, help } = ADVICE[code];
  check.report({
    path,
    part,
    severity: "warning",
    code,
    message: `${seen}: ${why}.`,
    help: `${help} docs/advice.md#${code.toLowerCase()}`,
  });
}

function pathOf({ system, name }: RecordType, ...more: Path): Path {
  return ["systems", system, "records", name, ...more];
}

/** What goes by the names of its record type and its table. */
function isCalled(words: RegExp, { name, place }: RecordType): boolean {
  const names = place.kind === "table" ? [name, place.table] : [name];
  return names.some((one) =>
    words.test(
      one
        .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1_$2")
        .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
        .toLowerCase(),
    ),
  );
}

function checkKind(
  map: DataMap,
  system: SystemBlock,
  record: RecordType,
  heldWith: ReadonlyMap<string, readonly string[]>,
  check: Check,
): void {
  const { name, do: action, holds } = record;
  if (action === "soft-delete" && isCalled(SESSION, record))
    advise("SESSION_HIDDEN", pathOf(record, "do"), `\`${name}\` are hidden before they go`, check, "value");
  // a copy is held where its source is
  const isOriginal = record.place.kind === "table" && system.rank === "source" && system.copyOf === undefined;
  if (!isOriginal || record.auditOf.length > 0 || !isCalled(MONEY, record)) return;
  const records = map.systems.flatMap(({ records: some }) => some);
  const isProtected = records.some((one) => one.holds.some(({ protects }) => protects.includes(record.id)));
  const isHeld = holds.length > 0 || isProtected || (heldWith.get(record.id) ?? []).length > 0;
  if (!isHeld && action !== "unlink") advise("MONEY_UNHELD", pathOf(record), `Nothing keeps \`${name}\``, check);
  const isTraced = records.some(({ auditOf }) => auditOf.includes(record.id));
  if (action === "soft-delete" && !isTraced)
    advise(
      "MONEY_UNTRACED",
      pathOf(record, "do"),
      `\`${name}\` are hidden, and no record type is their audit trail`,
      check,
      "value",
    );
}

function checkPeriods(record: RecordType, check: Check): void {
  const { restoreWindow: window, purge } = record;

  if (window === undefined) return;
  if (fewestDays(window) > LONG_WINDOW)
    advise(
      "WINDOW_LONG",
      pathOf(record, "restore_window"),
      `\`${record.name}\` can be brought back for ${window.text}`,
      check,
    );
  if (purge === undefined) return;
  const longer = daysLonger(window, purge.after);
  if (longer.least < 0 && longer.most > 0)
    advise(
      "PERIODS_UNCLEAR",
      pathOf(record, "restore_window"),
      `\`${record.name}\` can be brought back for ${window.text}, and go after ${purge.after.text}`,
      check,
    );
}

/** Without its fields: a list of columns is long and easy to read. */
function checkLength(map: DataMap, check: Check): void {
  const bare = (record: RecordType): RecordType => ({ ...record, fields: {}, paths: {}, in: [] });
  const plain = { ...map, systems: map.systems.map((system) => ({ ...system, records: system.records.map(bare) })) };
  const said = new Map(sentences(plain).map(({ record, sentence }) => [record, sentence]));
  for (const record of map.systems.flatMap(({ records }) => records)) {
    const sentence = said.get(record.id) ?? "";
    const exceptions = exceptionsOf(record);
    if (sentence.length <= LONGEST && exceptions < MOST_EXCEPTIONS) continue;
    const seen =
      exceptions >= MOST_EXCEPTIONS
        ? `The rule of \`${record.name}\` has ${exceptions} exceptions`
        : `The rule of \`${record.name}\` is a sentence of ${sentence.split(/\s+/u).length} words`;
    advise("RULE_LONG", pathOf(record), seen, check);
  }
}

/** What makes a record go another way than its `do` says. */
function exceptionsOf({ holds, unless, whileHeld, where = {}, created, split = {}, shared }: RecordType): number {
  const protects = holds.filter((use) => use.protects.length > 0).length;
  const some = [unless, whileHeld, created, shared].filter((one) => one !== undefined).length;
  return holds.length + protects + some + Object.keys(where).length + Object.keys(split).length;
}

function checkSystems({ systems, owner }: DataMap, check: Check): void {
  const hasSource = systems.some(({ rank, records }) => rank === "source" && records.length > 0);
  const ownerless = systems.filter(
    ({ owner: own, records }) =>
      (own ?? owner) === undefined && records.some(({ do: action }) => action !== "keep" && action !== "ask"),
  );
  const [first] = ownerless;
  if (first !== undefined) {
    const names = ownerless.map(({ name }) => `\`${name}\``).join(", ");
    advise("OWNER_MISSING", ["systems", first.name], `Nobody is named for the final delete in ${names}`, check);
  }
  for (const { name, rank, copyOf } of systems) {
    const path: Path = ["systems", name];
    const isFed = systems.some(({ feeds }) => feeds.includes(name));
    if ((rank === "index" || rank === "cache") && hasSource && copyOf === undefined && !isFed)
      advise("COPY_SOURCELESS", path, `Nothing says of what \`${name}\` is a copy`, check);
  }
}

/** A row that a held record leads to, and that would go whole. */
function checkKeptWhole(
  decided: readonly { readonly record: RecordType }[],
  heldWith: ReadonlyMap<string, readonly string[]>,
  check: Check,
): void {
  for (const { record } of decided) {
    const goesWhole = record.do === "erase" || (record.do === "soft-delete" && record.purge?.how === "erase");
    const stays = Object.keys({ ...record.fields, ...record.paths }).length > 0;
    if (!goesWhole || stays || record.place.kind !== "table" || record.holds.length > 0) continue;
    if ((heldWith.get(record.id) ?? []).length > 0) continue;
    const held = decided.find(
      ({ record: child }) =>
        child.system === record.system &&
        child.place.kind === "table" &&
        (child.holds.length > 0 || (heldWith.get(child.id) ?? []).length > 0) &&
        child.match.terms.some(
          ({ source }) =>
            source.kind === "column" && source.ref.record === record.id && isKey(record, source.ref.column),
        ),
    );
    if (held !== undefined)
      advise("KEPT_WHOLE", pathOf(record), `\`${held.record.name}\` are kept and lead to \`${record.name}\``, check);
  }
}

/** No foreign key leads to an address: what is found by one is found by its value. */
function isKey({ match }: RecordType, column: string): boolean {
  return !match.terms.some(
    ({ column: own, source }) => own === column && source.kind === "identity" && /mail|phone/u.test(source.identity),
  );
}

function checkEnvironments({ systems, holds }: DataMap, check: Check): void {
  const records = (environment: "production" | "test") =>
    systems
      .filter((system) => (system.environment ?? "production") === environment)
      .flatMap((system) => system.records);
  const real = new Map(records("production").map((record) => [record.name, record]));
  for (const record of records("test")) {
    const same = real.get(record.name);
    if (same === undefined) continue;
    const [mine, theirs] = [periodsOf(record, holds), periodsOf(same, holds)];
    const key = [...new Set([...mine.keys(), ...theirs.keys()])].find((one) => differs(mine.get(one), theirs.get(one)));
    if (key === undefined) continue;
    const said = `\`${key}\` is ${mine.get(key)?.text ?? "not there"} in \`${record.id}\` and ${theirs.get(key)?.text ?? "not there"} in \`${same.id}\``;
    advise("ENVIRONMENTS_DIFFER", pathOf(record), said, check);
  }
}

function periodsOf(record: RecordType, holds: readonly Hold[]): ReadonlyMap<string, Period> {
  const { restoreWindow, purge, schedule } = record;
  const held = record.holds.flatMap((use) =>
    holds.filter(({ name }) => name === use.hold).map(({ keepFor }) => ["hold", keepFor] as const),
  );
  return new Map([
    ...(restoreWindow === undefined ? [] : [["restore_window", restoreWindow] as const]),
    ...(purge === undefined ? [] : [["purge_after", purge.after] as const]),
    ...(schedule === undefined ? [] : [["schedule", schedule.after] as const]),
    ...held,
  ]);
}

function differs(one: Period | undefined, other: Period | undefined): boolean {
  if (one === undefined || other === undefined) return one !== other;
  const { least, most } = daysLonger(one, other);
  return least !== 0 || most !== 0;
}

function checkHold(hold: Hold, check: Check): void {
  const path: Path = ["holds", hold.name];
  if (hold.approvedBy === undefined)
    advise("RULE_UNREVIEWED", path, `Nobody is named who looked at the hold \`${hold.name}\``, check);
  if (hold.rule !== undefined) return;
  const terms = [...check.rules.values()]
    .filter((rule) => cites(rule, hold, check.today))
    .flatMap((rule) => termsOn(rule, check.today) ?? []);
  const isUnder = (one: (typeof terms)[number]): boolean => {
    const { least } = daysLonger(hold.keepFor, one.keepFor);
    // from the end of a year it lasts up to a year longer
    return least < 0 || (one.roundUpTo !== undefined && hold.roundUpTo === undefined && least < 365);
  };
  if (terms.length === 0 || !terms.every(isUnder)) return;
  const [shortest] = terms.toSorted((a, b) => daysLonger(a.keepFor, b.keepFor).least);
  const from = shortest?.roundUpTo === undefined ? "" : ", from the end of the year";
  advise(
    "UNDER_STATUTE",
    [...path, "keep_for"],
    `\`${hold.name}\` keeps for ${hold.keepFor.text}, and the shortest statute of this law is ${shortest?.keepFor.text ?? ""}${from}`,
    check,
  );
}

/** Whether the hold names a law of the rule; the paragraph decides, and no subparagraph. */
function cites(rule: RetentionRule, hold: Hold, today: string): boolean {
  const mine = new Set(hold.law.map((law) => paragraphOf(law)));
  return (termsOn(rule, today)?.law ?? []).some((law) => mine.has(paragraphOf(law)));
}

/** `DE AO §147(3)-(4)` and `§ 147 Abs. 3 AO` are `ao 147`; what has no paragraph is itself, without its spaces. */
function paragraphOf(law: string): string {
  const plain = law.replace(/^[A-Z]{2}(?=\s+\p{L})/u, "").trim();
  const found =
    /^(?<code>\p{L}[\p{L}\d]*)\s*§+\s*(?<number>\d+\p{Ll}?)|^§+\s*(?<first>\d+\p{Ll}?).*?(?<last>\p{Lu}\p{L}+)$/u.exec(
      plain,
    );
  const { code, number, first, last } = found?.groups ?? {};
  if (code !== undefined && number !== undefined) return `${code} ${number}`.toLowerCase();
  if (first !== undefined && last !== undefined) return `${last} ${first}`.toLowerCase();
  return plain.replaceAll(/\s+/gu, "").toLowerCase();
}
