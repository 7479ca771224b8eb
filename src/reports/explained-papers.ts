/** The pages that explain a data map: its policy, its record of processing activities, and what is to be reviewed. */
import type { Activity, ExplainedHold, Policy, PolicyRule, Recipient, Review, Ropa } from "../model/explained.ts";
import type { Cell, Paper } from "./paper.ts";
import { spoken } from "./spoken-date.ts";

const NOT_WRITTEN = "not written";
const NOBODY = "nobody is named";

interface Named {
  readonly record: string;
  readonly called: string | null;
}

/** In the reader's words, with the name that the data map has for it. */
function nameOf({ record, called }: Named): readonly string[] {
  return called === null ? [record] : [called, record];
}

function written(words: readonly string[], otherwise = NOT_WRITTEN): Cell {
  return words.length === 0 ? otherwise : words;
}

function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

export function policyPaper(policy: Policy): Paper {
  const { controller, as_of, map_owner, map_review_by, rules } = policy;
  const undecided = rules.filter(({ on_request }) => on_request === "not decided yet").length;
  const ownerless = rules.filter(({ owner }) => owner === null).length;
  const restorable = rules.filter(({ restorable: window }) => window !== null).length;
  const held = rules.filter(({ holds }) => holds.length > 0).length;
  const missing = [
    ...(undecided === 0 ? [] : [`of ${undecided} nobody has decided yet what becomes of them`]),
    ...(ownerless === 0 ? [] : [`for the final delete of ${ownerless} nobody is named`]),
  ];
  const parts = [
    `${counted(rules.length, "record type")}: ${restorable} can be brought back for a time, ${held} ${held === 1 ? "is" : "are"} kept by a law`,
    ...missing,
  ];
  return {
    title: `Deletion policy of ${controller}`,
    outcome: `${parts.join("; ")}.`,
    open: missing.length > 0,
    facts: [
      ["As of", spoken(as_of)],
      ["Answers for the data map", map_owner ?? NOBODY],
      ["To be reviewed by", map_review_by === null ? NOT_WRITTEN : spoken(map_review_by)],
    ],
    tables: [
      {
        heading: "What goes, and when",
        caption: "By record type: what becomes of it, and who answers for the final delete",
        columns: [
          "Records",
          "When a person asks",
          "Without anybody asking",
          "Can be brought back for",
          "Answers for the final delete",
        ],
        rows: rules.map((rule) => [
          nameOf(rule),
          asked(rule),
          unasked(rule),
          restorableFor(rule),
          rule.owner ?? NOBODY,
        ]),
        none: "The data map has no record types.",
      },
      {
        heading: "What is kept, by which law, and until when",
        caption: "Each law by itself; of several the last end counts",
        columns: ["Records", "Why", "Law", "Kept until", "Answers for it, and who approved it", "To be reviewed by"],
        rows: rules.flatMap((rule) => rule.holds.map((hold) => heldRow(rule, hold))),
        none: "Nothing is kept by a law.",
      },
      {
        heading: "Audit trails and copies",
        caption: "Where else something of a record stands",
        columns: ["Records", "Audit trail", "Systems that receive copies"],
        rows: rules.map((rule) => [
          nameOf(rule),
          trailWords(rule),
          written(copyWords(rule), "none that the data map names"),
        ]),
        none: "The data map has no record types.",
      },
    ],
    notes: [
      "What a person's own records are: that is answered by a request and its plan.",
      "What goes without anybody asking is not kept to be brought back, but for what is only hidden then.",
      "Legal holds that somebody ordered: they keep records whatever a rule says (expunge hold list).",
      "Places that the data map does not name. Whether it names all of them is looked at by expunge map check.",
      "Whether a law is rightly named and its period rightly reckoned: that is for your counsel.",
    ],
    sheet: {
      columns: [
        "record",
        "called",
        "on_request",
        "on_schedule",
        "restorable",
        "waits",
        "kept_because",
        "law",
        "kept_until",
        "hold_owner",
        "hold_review_by",
        "audit_trail",
        "copies",
        "owner",
        "rule",
      ],
      rows: rules.map((rule) => [
        rule.record,
        rule.called ?? "",
        rule.on_request,
        rule.on_schedule,
        rule.restorable ?? "",
        rule.waits ?? "",
        rule.holds.map(({ says }) => says),
        rule.holds.flatMap(({ law }) => law),
        rule.holds.map(({ until }) => until),
        rule.holds.map(({ owner }) => owner ?? NOT_WRITTEN),
        rule.holds.map(({ review_by }) => review_by ?? NOT_WRITTEN),
        rule.audit_trail,
        copyWords(rule),
        rule.owner ?? NOT_WRITTEN,
        rule.sentence,
      ]),
    },
  };
}

function asked({ on_request, holds, waits, held_with }: PolicyRule): readonly string[] {
  return [
    ...(holds.length > 0 && on_request !== "kept" ? [`kept first (below), then ${on_request}`] : [on_request]),
    ...(held_with.length === 0 ? [] : [`kept with ${held_with.join(", ")}, which it belongs to`]),
    ...(waits === null ? [] : [`waits while ${waits}`]),
  ];
}

function unasked({ on_schedule }: PolicyRule): Cell {
  return written(on_schedule, "nothing");
}

function restorableFor({ restorable }: PolicyRule): string {
  return restorable ?? "cannot be brought back";
}

function heldRow(rule: PolicyRule, hold: ExplainedHold): readonly Cell[] {
  const { says, law, exemption, until, example_until, owner, approved_by, review_by } = hold;
  return [
    nameOf(rule),
    says,
    written([...law, ...(exemption === null ? [] : [exemption])]),
    [
      until,
      example_until === null
        ? "no last day is known as long as it goes on"
        : `what begins today, until ${spoken(example_until)}`,
    ],
    [owner ?? NOBODY, approved_by === null ? "nobody is named who approved it" : `approved by ${approved_by}`],
    review_by === null ? NOT_WRITTEN : spoken(review_by),
  ];
}

function trailWords({ audit_trail, audit_of }: PolicyRule): Cell {
  return written(
    [...audit_trail.map((one) => `kept in ${one}`), ...audit_of.map((one) => `is the audit trail of ${one}`)],
    "none that the data map names",
  );
}

function copyWords({ copies }: PolicyRule): readonly string[] {
  return copies.map(({ system, how }) => `${system}: ${how}`);
}

export function ropaPaper({ controller, as_of, activities }: Ropa): Paper {
  const open = activities.filter(
    ({ purpose, categories, data_subjects }) =>
      purpose.length === 0 || categories.length === 0 || data_subjects.length === 0,
  ).length;
  const third = activities.filter(({ recipients }) => recipients.some(({ third_country }) => third_country === true));
  const parts = [
    counted(activities.length, "record type"),
    third.length === 0
      ? "no recipient in a third country is written"
      : `${third.length} with a recipient in a third country`,
    ...(open === 0 ? [] : [`of ${open} the purpose or a category is not written`]),
  ];
  const columns = [
    "Records",
    "Purpose",
    "Categories of people",
    "Categories of data",
    "Recipients",
    "Third countries",
    "Time limits for erasure",
    "Law",
    "Answers for it",
  ];
  return {
    title: `Record of processing activities of ${controller.name}`,
    outcome: `${parts.join("; ")}.`,
    open: open > 0,
    facts: [
      ["Controller", controller.name],
      ["Contact", controller.contact],
      ["As of", spoken(as_of)],
    ],
    tables: [
      {
        heading: "Processing activities",
        caption: "Art. 30(1) GDPR, by record type",
        columns,
        rows: activities.map((one) => [nameOf(one), ...activityCells(one)]),
        none: "The data map has no record types.",
      },
    ],
    notes: [
      "What the data map has no words for: joint controllers, a representative, the data protection officer, safeguards for transfers to third countries (Art. 30(1)(e)), technical and organisational measures (Art. 30(1)(g)).",
      "Processing that leaves no records in the systems that the data map names.",
      "A country that is not written as two letters (DE, US) is shown as it stands and judged by nobody.",
    ],
    sheet: {
      columns: [
        "record",
        "called",
        "purpose",
        "categories_of_people",
        "categories_of_data",
        "recipients",
        "third_countries",
        "time_limits",
        "law",
        "owner",
      ],
      rows: activities.map((one) => [one.record, one.called ?? "", ...activityCells(one)]),
    },
  };
}

function activityCells({
  purpose,
  data_subjects,
  categories,
  recipients,
  terms,
  law,
  owner,
}: Activity): readonly Cell[] {
  return [
    written(purpose),
    written(data_subjects),
    written(categories),
    written(recipients.map(recipientWords), "none that the data map names"),
    written(thirdWords(recipients), recipients.length === 0 ? "none that the data map names" : "none"),
    written(terms, "no period is written: erased when the person asks"),
    written(law, "none is named"),
    owner ?? NOBODY,
  ];
}

function recipientWords({ system, name, role, country }: Recipient): string {
  return `${name ?? "somebody whose name is not written"} (${role ?? "role not written"}, ${country ?? "country not written"}), by ${system}`;
}

function thirdWords(recipients: readonly Recipient[]): readonly string[] {
  return [
    ...new Set(
      recipients.flatMap(({ country, third_country }) => {
        if (third_country === false) return [];
        if (country === null) return ["country not written"];
        return [third_country === true ? country : `${country}: not judged`];
      }),
    ),
  ];
}

const STATES: Readonly<Record<Review["reviews"][number]["state"], string>> = {
  overdue: "OVERDUE",
  soon: "due soon",
  later: "has time",
  not_written: "no day is written",
};

export function reviewPaper(review: Review): Paper {
  const { controller, as_of, hidden, restores, reviews, legal_holds, waiting, due } = review;
  const overdue = reviews.filter(({ state }) => state === "overdue").length;
  const stored = hidden.reduce((sum, { count }) => sum + count, 0);
  const now = due.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    `${counted(stored, "record")} marked as deleted and still stored`,
    `${counted(overdue, "review")} overdue`,
    `${counted(now, "record")} due today`,
    ...(waiting.length === 0 ? [] : [`${counted(waiting.length, "plan")} of due work waiting`]),
  ];
  const day = (date: string | null, otherwise: string): string => (date === null ? otherwise : spoken(date));
  const reviewRows = reviews.map((one): readonly Cell[] => [
    one.what,
    STATES[one.state],
    day(one.review_by, NOT_WRITTEN),
    one.owner ?? NOBODY,
    `${one.file}:${one.line}`,
  ]);
  const hiddenRows = hidden.map((one): readonly Cell[] => [
    nameOf(one),
    String(one.count),
    day(one.oldest, "not known"),
    day(one.restorable_until, "not by us"),
    day(one.purged_on, "not known"),
  ]);
  return {
    title: `Review of the deletion rules of ${controller}`,
    outcome: `${parts.join("; ")}.`,
    open: overdue + now + waiting.length > 0,
    facts: [["As of", spoken(as_of)]],
    tables: [
      {
        heading: "Marked as deleted, and still stored",
        caption: "Whoever marked them; of several days the first",
        columns: ["Records", "How many", "Oldest marked on", "Can be brought back until", "Goes for good on"],
        rows: hiddenRows,
        none: "Nothing is marked as deleted.",
      },
      {
        heading: "Brought back",
        caption: "What somebody asked to be given back, the newest first",
        columns: ["Under", "On", "Records", "State"],
        rows: restores.map(({ id, on, records, ended }) => [
          id,
          spoken(on),
          written(records, "all of the request"),
          ended ? "done" : "not at its end",
        ]),
        none: "Nobody asked for anything to be given back.",
      },
      {
        heading: "Rules and holds to be reviewed",
        caption: "The most urgent first",
        columns: ["What", "State", "To be reviewed by", "Answers for it", "Stands in"],
        rows: reviewRows,
        none: "Nothing names a day of review.",
      },
      {
        heading: "Legal holds in force",
        caption: "By id: the case in words stays in the workspace",
        columns: ["Hold", "Since", "Until", "Covers"],
        rows: legal_holds.map(({ id, since, until, records, people }) => [
          id,
          spoken(since),
          day(until, "no last day"),
          people === 0 ? records : [counted(people, "person", "people"), ...records],
        ]),
        none: "No legal hold is in force.",
      },
      {
        heading: "Due work that waits",
        caption: "Planned, and waiting for a person",
        columns: ["Plan", "State", "Waiting for", "Next"],
        rows: waiting.map(({ id, state, waiting_for, next }) => [id, state, waiting_for, next ?? "nothing now"]),
        none: "No plan of due work waits.",
      },
      {
        heading: "Due today",
        caption: "What a plan of due work would act on",
        columns: ["Records", "How many"],
        rows: due.map(({ record, count }) => [record, String(count)]),
        none: "Nothing is due.",
      },
    ],
    notes: [
      "Whose records these are: it holds counts and days, and no value of anybody.",
      "Why somebody asked for something back, and what a legal hold is about: these words may name people.",
    ],
    sheet: {
      columns: ["part", "what", "count", "day", "state"],
      rows: [
        ...hidden.map(({ record, count, oldest }): readonly Cell[] => [
          "hidden",
          record,
          String(count),
          oldest ?? "",
          "",
        ]),
        ...restores.map(({ id, on, records, ended }): readonly Cell[] => [
          "restore",
          [id, ...records],
          "",
          on,
          ended ? "done" : "not at its end",
        ]),
        ...reviews.map(({ what, review_by, state }): readonly Cell[] => [
          "review",
          what,
          "",
          review_by ?? "",
          STATES[state],
        ]),
        ...legal_holds.map(({ id, people, until }): readonly Cell[] => [
          "legal_hold",
          id,
          String(people),
          until ?? "",
          "in force",
        ]),
        ...waiting.map(({ id, state }): readonly Cell[] => ["waiting", id, "", "", state]),
        ...due.map(({ record, count }): readonly Cell[] => ["due", record, String(count), as_of, "due"]),
      ],
    },
  };
}
