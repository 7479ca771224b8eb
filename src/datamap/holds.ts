import type { Condition, Hold, Identity, SystemBlock } from "../model/datamap.ts";
import { type InLanguages, readWords } from "../model/in-languages.ts";
import { termsOn } from "../model/retention-rule.ts";
import { checkDate, checkReview, knowName, lack, readDays, readRef, readRoundUp, type Check } from "./check.ts";
import { readMatch, readWhere } from "./match.ts";
import type { Written, WrittenHold } from "./shape.ts";
import type { Path } from "./source.ts";
import { didYouMean } from "../model/nearest.ts";

export function readHold(name: string, written: WrittenHold, check: Check): Hold {
  const path: Path = ["holds", name];
  const { people = {} } = written;

  const terms = statute(written, path, check);
  if (written.rule === undefined && written.keep_for === undefined) {
    const help = "Add `keep_for: 8 years`, or `rule: de/invoice`.";
    lack(path, ["keep_for", "rule"], { code: "MISSING_KEY", message: `Hold \`${name}\` has no period.`, help }, check);
  }
  if (written.rule !== undefined && written.keep_for !== undefined) {
    check.report({
      path: [...path, "keep_for"],
      part: "key",
      code: "WRONG_VALUE",
      message: "`rule` has its own period.",
      help: "Remove `keep_for`, or `rule`.",
    });
  }
  const keepFor = written.keep_for === undefined ? undefined : readDays(written.keep_for, [...path, "keep_for"], check);
  const words = written.says === undefined ? undefined : readWords(written.says);
  const says = words?.text ?? terms?.says;
  if (says === undefined && written.rule === undefined) {
    const help = "Add `says:`, the half-sentence people read after “because”.";
    lack(path, ["says", "rule"], { code: "MISSING_KEY", message: `Hold \`${name}\` does not say why.`, help }, check);
  }
  const law = written.law ?? terms?.law ?? [];
  if (law.length === 0 && (written.rule === undefined || written.law !== undefined)) {
    const help = "Add `law: [DE AO §147(3)]`: what is kept must be kept for a reason that can be named.";
    lack(path, ["law", "rule"], { code: "HOLD_WITHOUT_LAW", message: `Hold \`${name}\` names no law.`, help }, check);
  }
  if (people.owner === undefined) {
    const help = "Add `people: { owner: finance@… }`: somebody must answer for it.";
    lack(path, ["people"], { code: "HOLD_WITHOUT_OWNER", message: `Hold \`${name}\` has no owner.`, help }, check);
  }
  checkDate(people.approved_on, [...path, "people", "approved_on"], check);
  checkReview(people.review_by, [...path, "people", "review_by"], check);
  if (written.rule !== undefined && written.starts !== undefined) {
    check.report({
      path: [...path, "starts"],
      part: "key",
      code: "WRONG_VALUE",
      message: `The rule \`${written.rule}\` says itself where the period starts.`,
      help: "Remove `starts`.",
    });
  }
  if (written.redactable === true && terms?.redactable === false) {
    check.report({
      path: [...path, "redactable"],
      part: "value",
      code: "WRONG_VALUE",
      message: `The rule \`${written.rule}\` wants its records kept whole.`,
      help: "Remove `redactable`.",
    });
  }

  const given =
    written.round_up_to === undefined ? undefined : readRoundUp(written.round_up_to, [...path, "round_up_to"], check);
  const roundUpTo = given ?? terms?.roundUpTo;
  const exemption = written.exemption ?? terms?.exemption;
  const ofRelationship = written.starts === "end of relationship" || terms?.starts === "end of relationship";
  return {
    name,
    says: says ?? "",
    ...saysIn(words?.translated, words === undefined ? terms?.says : undefined),
    ...(written.rule === undefined ? {} : { rule: written.rule }),
    ...(terms === undefined ? {} : { ruleReviewBy: terms.reviewBy }),
    keepFor: terms?.keepFor ?? keepFor ?? { years: 0, months: 0, days: 0, seconds: 0, text: "" },
    ...(roundUpTo === undefined ? {} : { roundUpTo }),
    ...(terms?.notBefore === undefined ? {} : { notBefore: terms.notBefore }),
    ...(ofRelationship ? { starts: "end_of_relationship" } : {}),
    ...(terms?.suspension === undefined ? {} : { suspension: terms.suspension }),
    ...(written.extend_while === undefined ? {} : { suspended: written.extend_while }),
    ...(written.redactable === false || terms?.redactable === false ? { redactable: false } : {}),
    law,
    ...(exemption === undefined ? {} : { exemption }),
    owner: people.owner ?? "",
    ...(people.approved_by === undefined ? {} : { approvedBy: people.approved_by }),
    ...(people.approved_on === undefined ? {} : { approvedOn: people.approved_on }),
    ...(people.review_by === undefined ? {} : { reviewBy: people.review_by }),
    at: check.position(path),
  };
}

/** A statute's own words are English; what the map says in one text is good for every letter. */
function saysIn(translated: InLanguages | undefined, statute: string | undefined): Pick<Hold, "saysIn"> {
  if (translated !== undefined) return { saysIn: translated };
  return statute === undefined ? {} : { saysIn: { en: statute } };
}

/** The version of the named rule that is in force today. */
function statute(written: WrittenHold, path: Path, check: Check): ReturnType<typeof termsOn> {
  const { rule: id } = written;
  if (id === undefined) return undefined;
  const at = { path: [...path, "rule"], part: "value" } as const;
  const rule = check.rules.get(id);
  if (rule === undefined) {
    check.report({
      ...at,
      code: "UNKNOWN_RULE",
      message: `There is no rule \`${id}\`.`,
      help: didYouMean(id, check.rules.keys(), "Write `keep_for`, `says` and `law` yourself."),
    });
    return undefined;
  }
  const terms = termsOn(rule, check.today);
  if (terms === undefined) {
    check.report({
      ...at,
      code: "RULE_NOT_IN_FORCE",
      message: `The rule \`${id}\` is not in force yet.`,
      help: "Write `keep_for`, `says` and `law` yourself until then.",
    });
    return undefined;
  }
  if (terms.reviewBy < check.today) {
    check.report({
      ...at,
      severity: "warning",
      code: "RULE_REVIEW_OVERDUE",
      message: `The rule \`${id}\` was to be compared with the law again by ${terms.reviewBy}.`,
      help: `Look whether it still stands so (${terms.source}); a newer version of this program may have looked already.`,
    });
  }
  const rounding = { path: [...path, "round_up_to"], part: "key" } as const;
  if (terms.ownFiscalYear && !(written.round_up_to ?? "").includes("fiscal year")) {
    check.report({
      ...rounding,
      code: "MISSING_KEY",
      message: `The rule \`${id}\` counts from the end of your own fiscal year.`,
      help: "Add `round_up_to: end of fiscal year MM-DD` with its last day.",
    });
  }
  if (!terms.ownFiscalYear && written.round_up_to !== undefined) {
    check.report({
      ...rounding,
      code: "WRONG_VALUE",
      message: `The rule \`${id}\` says itself where the period starts.`,
      help: "Remove `round_up_to`.",
    });
  }
  return terms;
}

/** What must be kept whole is not cleared while it is held. */
export function checkKeptWhole(systems: readonly SystemBlock[], holds: readonly Hold[], check: Check): void {
  for (const record of systems.flatMap((system) => system.records)) {
    const whole = record.holds.find((use) =>
      holds.some(({ name, redactable }) => name === use.hold && redactable === false),
    );
    if (record.whileHeld?.keepOnly === undefined || whole === undefined) continue;
    check.report({
      path: ["systems", record.system, "records", record.name, "while_held", "keep_only"],
      part: "key",
      code: "KEPT_WHOLE",
      message: `What the hold \`${whole.hold}\` keeps must be kept whole: nothing of it may be cleared.`,
      help: "Remove `keep_only`; `restrict: true` is allowed.",
    });
  }
}

export function readCondition(
  name: string,
  written: NonNullable<Written["conditions"]>[string],
  check: Check,
): Condition {
  const path: Path = ["conditions", name];
  const { any, match, where = {} } = written;
  const words = readWords(written.says);
  if (any === undefined && match !== undefined) {
    check.report({
      path: [...path, "match"],
      part: "key",
      code: "WRONG_VALUE",
      message: "`match` needs `any`, the record whose rows decide.",
      help: "Add `any: system.record`, or remove `match`.",
      missing: [[...path, "any"]],
    });
  }
  if (any === undefined && Object.keys(where).length === 0) {
    const help = "Add `where: { COLUMN: [values] }`.";
    lack(
      path,
      ["where", "any"],
      { code: "MISSING_KEY", message: `Condition \`${name}\` would always hold.`, help },
      check,
    );
  }
  if (any !== undefined) {
    const [system = "", ...table] = any.split(".");
    if (table.length === 0 || table.includes("")) {
      check.report({
        path: [...path, "any"],
        part: "value",
        code: "BAD_REFERENCE",
        message: `\`${any}\` is no record or table.`,
        help: "Write `system.record`, as in `shop.refunds`.",
      });
    } else knowName(system, "system", [...path, "any"], check);
    if (match === undefined) {
      const help = "Add `match: { COLUMN: system.record.COLUMN }`.";
      lack(
        path,
        ["match"],
        { code: "MISSING_KEY", message: `Condition \`${name}\` would look at everyone's rows.`, help },
        check,
      );
    }
  }
  return {
    name,
    says: words.text,
    ...(words.translated === undefined ? {} : { saysIn: words.translated }),
    ...(any === undefined ? {} : { any }),
    match: match === undefined ? { mode: "any", terms: [] } : readMatch(match, [...path, "match"], check),
    where: readWhere(where, [...path, "where"], check),
    at: check.position(path),
  };
}

export function readIdentity(name: string, written: Written["identities"][string], check: Check): Identity {
  const path: Path = ["identities", name];
  const { type, fold = [], found_in, by = {} } = written;
  checkFold(type, fold, path, check);
  const foundIn = found_in === undefined ? undefined : readRef(found_in, [...path, "found_in"], check);
  if (found_in !== undefined && Object.keys(by).length === 0) {
    const help = "Add `by: { COLUMN: IDENTITY }`, the columns to search there.";
    lack(
      path,
      ["by"],
      { code: "MISSING_KEY", message: `Nothing says how \`${name}\` is found in \`${found_in}\`.`, help },
      check,
    );
  }
  if (found_in === undefined && written.by !== undefined) {
    check.report({
      path: [...path, "by"],
      part: "key",
      code: "MISSING_KEY",
      message: "`by` needs `found_in`.",
      help: "Add `found_in: system.record.column`.",
      missing: [[...path, "found_in"]],
    });
  }
  for (const [column, other] of Object.entries(by)) {
    const at = [...path, "by", column];
    if (other === name)
      check.report({
        path: at,
        part: "value",
        code: "WRONG_VALUE",
        message: `\`${name}\` cannot be found by itself.`,
        help: "Name another identity.",
      });
    else knowName(other, "identity", at, check);
  }
  return {
    name,
    type,
    fold,
    ...(foundIn === undefined ? {} : { foundIn }),
    by,
    at: check.position(path),
  };
}

function checkFold(type: Identity["type"], fold: Identity["fold"], path: Path, check: Check): void {
  const at = fold.indexOf("e164");
  if (at >= 0 && type !== "phone") {
    check.report({
      path: [...path, "fold", at],
      part: "value",
      code: "WRONG_VALUE",
      message: `\`e164\` drops dots and dashes; on ${type} values it would take one person for another.`,
      help: "Only `type: phone` folds by `e164`.",
    });
  }
}
