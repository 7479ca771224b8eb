/** The closed set of keys of a data map, with a word on each. The JSON schema is made from this; names and references are checked elsewhere. */
import { z } from "zod";
import { ROLES } from "../model/person.ts";
import { type BlockKeys, CONNECT, PLACE, RECORD_FILE, SESSION, TABLE, VERSIONS } from "../port/keys.ts";

const text = z.string().min(1);
const texts = z.array(text);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const count = z.number().int().min(1);
/** Names never hold a dot: it separates system, record and column. */
const name = z.string().regex(/^[\p{L}_][\p{L}\p{N}_-]*$/u);
/** Identity names are also `:placeholders`. */
const word = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u);

/** Words for people: one text, or one for each language that letters are written in. */
const words = z.union([
  text,
  z
    .strictObject({
      en: text.exactOptional().describe("In English."),
      de: text.exactOptional().describe("In German."),
      fr: text.exactOptional().describe("In French."),
    })
    .refine((each) => Object.keys(each).length > 0, "no language"),
]);

const textOrTexts = z.union([text, texts.min(1)]);

/** Marks a key that is known, but that this version does not act on. */
const later = (what: string): string => `${what} Not built yet: \`plan\` refuses a data map with it.`;

const limits = z.strictObject({
  max_records: count.exactOptional().describe("The most records of one person that one step may act on. Default 1000."),
  batch_records: count
    .exactOptional()
    .describe("The most records that one step may act on, whatever the number of people. Default 100000."),
  max_fraction: z
    .number()
    .positive()
    .max(1)
    .exactOptional()
    .describe(
      "The largest part of a record type that one step may act on, 0 to 1; never below 20 records. Default 0.01.",
    ),
  max_fan_out: count.exactOptional().describe("The most records that one identifier may lead to. Default 20."),
});

const topLimits = limits.extend({
  image_bytes: count
    .exactOptional()
    .describe("The most bytes that everything kept for `undo` takes together. Default 1073741824 (1 GiB)."),
});

const fieldRule = z.union([
  z.enum(["clear", "remove", "unlink", "keep"]),
  z.strictObject({
    set: scalar.exactOptional().describe("Write this value instead."),
    generalise: z
      .union([
        z.enum(["year", "month", "decade"]),
        z.strictObject({ prefix: count.describe("How many characters stay.") }),
      ])
      .exactOptional()
      .describe("Keep only the year, the month, the decade, or the first characters."),
    truncate: z.string().exactOptional().describe("Keep this many bits of an IP address, as in /24."),
    template: text.exactOptional().describe("Write this text; `:random` becomes a fresh value for every record."),
    pseudonymise: z
      .literal("hmac")
      .exactOptional()
      .describe("Write a keyed pseudonym instead. The record then counts as pseudonymised, never as anonymised."),
  }),
]);

const terms = z.record(text, text);
const match = z.union([
  terms,
  z.strictObject({ all: terms.describe("Every column must match.") }),
  z.strictObject({ any: terms.describe("One matching column is enough.") }),
]);
const where = z.record(text, z.union([scalar, z.array(scalar).min(1)]));

const holdUse = z.strictObject({
  use: text.describe("A hold of `holds`."),
  from: text.describe("The column whose date starts the period."),
  protects: texts
    .exactOptional()
    .describe("Records (`system.record`) that are not erased while a record here is held."),
});

const record = z.strictObject({
  called: words
    .exactOptional()
    .describe("What letters call these records, as in `support tickets`; one text, or `{ en, de, fr }`."),
  ...PLACE,
  match: match
    .exactOptional()
    .describe(
      "How a person's records are found: column or path → identity or `system.record.column`. Several: any of them, or `all: {…}`.",
    ),
  where: where
    .exactOptional()
    .describe("Constants that narrow the match: column or path → the value, or the values, any of them."),
  do: z
    .enum(["erase", "anonymise", "redact", "remove-rows", "soft-delete", "unlink", "keep", "ask"])
    .describe("What happens to the records."),
  fields: z.record(text, fieldRule).exactOptional().describe("What happens to each column of a record that stays."),
  shared: z
    .literal("erase")
    .exactOptional()
    .describe("A record that holds other people too goes whole. Default: such a record is blocked."),
  created: text
    .exactOptional()
    .describe("Column with the time a record came into being: one newer than the request waits."),
  split: z
    .record(text, z.string().min(1))
    .exactOptional()
    .describe('Columns whose cells hold a list → what stands between two values, as in `" ::: "`.'),
  in: textOrTexts.exactOptional().describe("The JSON column, or columns, that `paths` are read in."),
  paths: z.record(text, fieldRule).exactOptional().describe("What happens to each JSON path."),
  unless: text.exactOptional().describe("A condition of `conditions`: the records wait while it holds."),
  hold: z
    .union([holdUse, z.array(holdUse).min(1)])
    .exactOptional()
    .describe("The retention that keeps records for a time."),
  while_held: z
    .strictObject({
      restrict: z.boolean().exactOptional().describe("Access is restricted while held; the report says so."),
      keep_only: texts.exactOptional().describe("Columns that stay while held; all others but keys are cleared."),
    })
    .exactOptional()
    .describe("What happens to records while they are held."),
  soft_delete: z
    .strictObject({
      timestamp: text.exactOptional().describe("Column with the time of deletion."),
      live_when: z
        .union([scalar, z.null()])
        .exactOptional()
        .describe("What it holds while the record lives. Default: nothing."),
      by: text.exactOptional().describe("Column that says who deleted."),
      flag: text.exactOptional().describe("Column that is set when deleted."),
      status: text.exactOptional().describe("Column with the state."),
      deleted_when: z
        .union([scalar, z.array(scalar)])
        .exactOptional()
        .describe("What it holds once deleted."),
      since: text.exactOptional().describe("Column that says since when."),
      restore_as: scalar.exactOptional().describe("What a flag or status gets back that somebody else had set."),
      marker: z.boolean().exactOptional().describe("`true`: objects of a versioned bucket get a delete marker."),
    })
    .exactOptional()
    .describe("How the application marks records as deleted."),
  restore_window: text.exactOptional().describe("How long `undo` brings the records back."),
  purge_after: text.exactOptional().describe("When soft-deleted records go for good."),
  purge: z.enum(["erase", "anonymise"]).exactOptional().describe("How soft-deleted records go for good."),
  schedule: z
    .strictObject({
      after: text.describe("How long after."),
      from: text.describe("The column whose date starts the period."),
    })
    .exactOptional()
    .describe("Records that are due without any request."),
  ...TABLE,
  ...RECORD_FILE,
  ...VERSIONS,
  limits: limits.exactOptional().describe("Caps for this record type; what is not named comes from the top."),
  purpose: textOrTexts
    .exactOptional()
    .describe("What the records are kept for, for the record of processing activities."),
  categories: textOrTexts
    .exactOptional()
    .describe("Categories of personal data, for the record of processing activities."),
  data_subjects: textOrTexts
    .exactOptional()
    .describe("Categories of people, as in `customers`, for the record of processing activities."),
  sample: where
    .exactOptional()
    .describe("What a synthetic person gets where a constraint leaves no guess: column → value."),
});

const connect = z.strictObject(CONNECT);
const connectOf = <T extends z.ZodType>(keys: T) => keys.exactOptional().describe("How the system is reached.");
const recordsOf = <T extends z.ZodType>(one: T) =>
  z.record(name, one).exactOptional().describe("The record types of this system.");
const systemsOf = <T extends z.ZodType>(one: T) =>
  z.record(name, one).describe("Every system that holds a copy of a person.");

const system = z.strictObject({
  kind: text.describe("Kind of system: postgres, elasticsearch, s3, files, backups …"),
  connect: connectOf(connect),
  owner: text.exactOptional().describe("Who answers for the system."),
  feeds: texts.exactOptional().describe("Systems that are filled from this one."),
  copy_of: text.exactOptional().describe("The record (`system.record`) that this system is a copy of."),
  replays: z
    .enum(["soft_delete", "hard_delete", "none"])
    .exactOptional()
    .describe(
      "What the copy does by itself: with `hard_delete` its records go when those go that they are copies of, with `soft_delete` they are marked when those are marked.",
    ),
  recipient: z
    .strictObject({
      name: text.exactOptional().describe("Who receives the data."),
      role: z.enum(["processor", "controller"]).exactOptional().describe("Processor or controller."),
      country: text.exactOptional().describe("Where."),
      notify: text.exactOptional().describe(later("How the recipient is told of an erasure.")),
    })
    .exactOptional()
    .describe("Somebody else who runs this system (Art. 19)."),
  environment: z
    .enum(["production", "test"])
    .exactOptional()
    .describe("`map rehearse` plants its synthetic person only in `test`."),
  ...SESSION,
  records: recordsOf(record),
  covers: texts.exactOptional().describe("backups: the systems that are backed up."),
  expires_after: text.exactOptional().describe("backups: how long a copy lives."),
});

const identity = z.strictObject({
  type: z.enum(["email", "phone", "integer", "string", "uuid"]).describe("What its values look like."),
  fold: z
    .array(z.enum(["trim", "lowercase", "nfc", "e164"]))
    .exactOptional()
    .describe("How values are made comparable. Nothing else is folded."),
  found_in: text.exactOptional().describe("The column (`system.record.column`) in which other identities find it."),
  by: z.record(text, text).exactOptional().describe("Columns of that record → the identity they are searched by."),
});

const condition = z.strictObject({
  says: words.describe("The half-sentence people read after `unless`; one text, or `{ en, de, fr }`."),
  any: text.exactOptional().describe("The record or table whose rows decide. Absent: the record itself."),
  match: match.exactOptional().describe("How those rows belong to a record: column → `system.record.column`."),
  where: where.exactOptional().describe("Column → the values, any of them."),
});

const hold = z.strictObject({
  says: words.exactOptional().describe("The half-sentence people read after `because`; one text, or `{ en, de, fr }`."),
  rule: text
    .exactOptional()
    .describe(
      "A statutory rule that comes with the tool, as in `de/invoice`: says, period, rounding and law come from it.",
    ),
  keep_for: text.exactOptional().describe("How long: `8 years`, `90 days`, `P8Y`."),
  round_up_to: text
    .exactOptional()
    .describe("The period starts at the `end of calendar year`, or at the `end of fiscal year MM-DD`."),
  law: texts.exactOptional().describe("The statutes that ask for it."),
  exemption: text.exactOptional().describe("The exception it rests on, as in `Art. 17(3)(b)`."),
  starts: z
    .literal("end of relationship")
    .exactOptional()
    .describe(
      "The date in `from` is the end of a relationship: where it is empty, what is held is kept until a person has looked.",
    ),
  extend_while: text
    .exactOptional()
    .describe(
      "What keeps the period from ending now, as in `the tax assessment of 2024 is open`: as long as this stands here, all that is held is kept until a person has looked.",
    ),
  redactable: z
    .boolean()
    .exactOptional()
    .describe(
      "false: what is held must be kept whole, and `keep_only` is refused. Default: as the `rule` says, else true.",
    ),
  people: z
    .strictObject({
      owner: text.exactOptional().describe("Who answers for the hold."),
      approved_by: text.exactOptional().describe("Who approved it."),
      approved_on: text.exactOptional().describe("When, as an ISO date."),
      review_by: text.exactOptional().describe("When it is to be looked at again, as an ISO date."),
    })
    .exactOptional()
    .describe("Who answers for the hold."),
});

export const SHAPE = z.strictObject({
  version: z.literal(1).describe("Version of this format."),
  controller: z
    .strictObject({
      name: text.describe("The organisation that answers requests."),
      contact: text.describe("Where people reach it."),
      authority: z
        .strictObject({ name: text.describe("Its name."), url: text.describe("Where to complain.") })
        .exactOptional()
        .describe("The supervisory authority that letters name."),
      calendar: z
        .strictObject({
          timezone: text.describe("IANA name, as in Europe/Berlin. All dates are civil dates there."),
          regime: z.enum(["eu", "uk", "ccpa"]).exactOptional().describe("How deadlines are counted. Default eu."),
          holidays: z
            .union([z.array(text), text])
            .exactOptional()
            .describe("Public holidays: ISO dates, a file with one a line, or a region such as DE-BW."),
        })
        .describe("For deadlines and holds."),
    })
    .describe("Who is responsible."),
  map: z
    .strictObject({
      owner: text.exactOptional().describe("Who answers for this data map."),
      review_by: text.exactOptional().describe("When it is to be looked at again, as an ISO date."),
      ignore: texts
        .exactOptional()
        .describe("Tables (`system.table`) without personal data, or whose cascades are accepted."),
    })
    .exactOptional()
    .describe("About this data map."),
  proof: z
    .strictObject({
      keep_for: text.describe(
        "How long the contents of the proof are to be kept. Not built yet: nothing is taken out of it by itself.",
      ),
      round_up_to: text
        .exactOptional()
        .describe("The period starts at the `end of calendar year`, or at the `end of fiscal year MM-DD`."),
    })
    .exactOptional()
    .describe("The proof's own retention. Default: 3 years from the end of the calendar year."),
  approval: z
    .strictObject({
      required: z.boolean().exactOptional().describe("Whether a plan must be approved. Default true."),
      four_eyes: z.boolean().exactOptional().describe("Whether requester and approver must differ. Default true."),
      roles: texts.exactOptional().describe("Roles that may approve."),
      drift: z
        .enum(["refuse", "planned_only"])
        .exactOptional()
        .describe("What `run` does where new records match since the plan. Default refuse."),
      standing: z
        .array(
          z.strictObject({
            records: texts
              .min(1)
              .describe("Records (`system.record`) that may go without a person's approval of each plan."),
            up_to: count.describe("The most records of one run."),
            approved_by: text.exactOptional().describe("Who approved it."),
            approved_on: text.exactOptional().describe("When, as an ISO date."),
            review_by: text.exactOptional().describe("When it is to be looked at again, as an ISO date."),
          }),
        )
        .exactOptional()
        .describe("Due work that `run --due` carries out under a standing approval."),
    })
    .exactOptional()
    .describe("Who must agree before anything is done."),
  limits: topLimits.exactOptional().describe("Caps for every step."),
  settle: text.exactOptional().describe("How long after a run `verify` looks a second time. Default 1 hour."),
  retain_deleted: text.exactOptional().describe("Default `purge_after` of soft-deleted records."),
  legal_holds: z
    .strictObject({
      release_wait: text
        .exactOptional()
        .describe("How long after its release a legal hold still keeps records, in whole days. Default 0 days."),
    })
    .exactOptional()
    .describe("How legal holds end."),
  people: z
    .record(
      text,
      z.strictObject({
        key: text.describe("The person's public key, as `expunge key new` prints it."),
        roles: z.array(z.enum(ROLES)).min(1).describe("What the person may do."),
      }),
    )
    .exactOptional()
    .describe("Who may act, with which key and in which roles. Without it: whoever is named."),
  assert: z
    .record(
      name,
      z.strictObject({
        system: text.describe("The system that is asked: a SQL database."),
        query: text.describe("One SELECT that gives one value, read before and after. It names no person."),
        says: text.describe("What it shows, as in `the sum of the ledger`."),
      }),
    )
    .exactOptional()
    .describe("Figures that an erasure must leave as they are; a transaction that would change one is taken back."),
  clock: z.enum(["real", "test"]).exactOptional().describe("`test` lets EXPUNGE_NOW set the time. Default real."),
  identities: z.record(word, identity).describe("What a request starts from, and how the other keys are found."),
  conditions: z.record(name, condition).exactOptional().describe("What makes records wait."),
  holds: z.record(name, hold).exactOptional().describe("Retention: reason, period, law, people."),
  systems: systemsOf(system),
});

/** The shape with keys that only some kinds have. */
export function shapeWith(own: BlockKeys): z.ZodType {
  const one = system.extend({
    ...own.system,
    connect: connectOf(connect.extend(own.connect)),
    records: recordsOf(record.extend(own.record)),
  });
  return SHAPE.extend({ systems: systemsOf(one) });
}

export type Written = z.infer<typeof SHAPE>;
/** Constants, column by column. */
export type WrittenWhere = z.infer<typeof where>;
export type WrittenRecord = z.infer<typeof record>;
export type WrittenSystem = z.infer<typeof system>;
export type WrittenHold = z.infer<typeof hold>;
export type WrittenMatch = z.infer<typeof match>;
export type WrittenFields = Readonly<Record<string, z.infer<typeof fieldRule>>>;
