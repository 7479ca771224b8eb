/** What commands return with `--json`: docs/schemas/ is made from these, and real output is compared with them. */
import { z } from "zod";
import { EXIT, FAILURES } from "../../src/errors.ts";
import { REQUEST_STATES, STATUSES } from "../../src/model/status.ts";

const text = z.string();
const count = z.int().min(0);
const exit = z.literal(Object.values(EXIT));
const date = z.iso.date();
const instant = z.iso.datetime();
const state = z.enum(REQUEST_STATES);
const status = z.enum(STATUSES);
const hash = text.regex(/^[0-9a-f]{64}$/u);
const requestId = text.regex(/^[RD]-\d{4}-\d{4,}$/u);
const holdId = text.regex(/^H-\d{4}-\d{4,}$/u);
const legalHolds = z.array(holdId).optional().describe("Legal holds that keep some of them.");
const shownPseudonym = text.regex(/^s_[0-9a-f]{8}$/u);
const reason = text.describe(
  "A code: `retention`, `legal_hold`, `excluded`, `held_by`, `held_with`, `no_date`, a condition's name, a constraint …",
);

const issue = z.strictObject({
  code: text,
  severity: z.enum(["error", "warning"]),
  message: text,
  file: text,
  line: count,
  column: count,
  help: text,
});
const shortRequest = {
  id: requestId,
  type: z.enum(["erasure", "restriction"]),
  pseudonym: shownPseudonym,
  pseudonyms: z.array(shownPseudonym).optional().describe("Of a batch: one a person."),
  received: date,
  due: z.strictObject({
    nominal: date,
    legal: date,
    extended: date,
    extension: z
      .strictObject({ reason: z.enum(["complex", "many"]), notified_on: date })
      .optional()
      .describe("The person was told that the answer takes longer: the extended day is the last one."),
    pauses: z
      .array(z.strictObject({ from: date, to: date.nullable().describe("null: it still stands still.") }))
      .optional()
      .describe("Days on which the time stood still, because the person was asked who they are."),
  }),
  days_left: z.int().describe("To the last day for an answer, negative after it."),
  overdue: z.boolean().describe("An open request whose last day for an answer has passed."),
  state,
  ref: text.optional(),
};
/** Due work: nobody asked for it, so that it has no people, no identity and no deadline. */
const shortDue = {
  id: requestId,
  kind: z.literal("due"),
  type: z.enum(["erasure", "restriction"]),
  received: date.describe("The day on which it was planned first."),
  state,
};
const totals = z.strictObject({
  erase: count,
  change: count,
  keep: count,
  wait: count,
  blocked: count,
  nothing: count,
});
const event = z.strictObject({
  at: instant,
  by: text.optional().describe("Missing where an earlier version did not note it."),
  did: z.enum([
    "opened",
    "identity",
    "extended",
    "planned",
    "approved",
    "run",
    "verified",
    "undone",
    "closed",
    "refused",
    "cancelled",
  ]),
  plan: text.optional(),
  result: text
    .optional()
    .describe("What came of it: `ok`, a state of the request. A `run` without it began, or went on."),
  note: text.optional().describe("What the person wrote: a method, a reason, a ticket."),
});
const planLine = z.strictObject({
  id: text,
  made_at: instant,
  digest: hash,
  system: text.optional(),
  totals,
  approval: z
    .strictObject({
      by: text,
      at: instant,
      role: text.optional(),
      accepted: z.array(text).optional().describe("Accepted although not searched: `system.record`."),
      key: text.optional().describe("The approver's public key, base64; where the data map has `people`."),
    })
    .optional(),
  run: z.strictObject({ state: text, exit: count, completed_at: instant }).optional(),
});
const whole = {
  opened: z.strictObject({ at: instant, by: text }),
  identity: z
    .strictObject({ method: text, result: z.enum(["ok", "more_needed", "failed"]), at: instant, by: text })
    .optional(),
  plan: text.optional(),
  purge: z
    .strictObject({ record: text, reason: text })
    .optional()
    .describe("Of `bin purge`: what goes before its day, and why."),
  excluded: z
    .strictObject({ records: count, reason: text.describe("Each reason that was given, one a line.") })
    .optional()
    .describe("Records that a person left out of the latest plan."),
  reason: text.optional(),
  ended_at: instant.optional(),
  history: z
    .array(event)
    .describe("Who did what and when, oldest first, in clear: from the state, not from the ledger."),
  plans: z.array(planLine),
  open: z.array(text).describe("What must still happen before the request can be closed, in words."),
  restorable: z
    .array(z.strictObject({ record: text, count: z.int(), until: date }))
    .describe("What `undo` can still bring back, and the last day of it."),
  waiting_for: text,
  next: text.nullable(),
};
const wholeRequest = z.strictObject({ ...shortRequest, ...whole });
const wholeDue = z.strictObject({ ...shortDue, ...whole });
const counts = { found: count, act: count, kept: count, waiting: count, blocked: count };
const restorable = z.strictObject({ count, until: date });
const planStep = z.strictObject({
  id: text,
  system: text,
  record: text,
  action: text,
  because: z
    .enum(["schedule", "purge", "hold_ended", "trail"])
    .optional()
    .describe("In due work: why its records are due."),
  status: status.describe("The outcome it would have."),
  ...counts,
  changed: count.optional().describe("Of `act`: changed; the others are deleted. Missing where nothing is acted on."),
  minimised: count
    .optional()
    .describe("Kept records of which all but the needed columns are cleared; counted in `kept`."),
  excluded: count.optional().describe("Of `kept`: a person left them out of the plan."),
  marked: count.optional().describe("Of `waiting`: marked as deleted before, and gone for good on the day in `until`."),
  follows: count
    .optional()
    .describe("Of `waiting`: copies that follow by themselves what they are copies of, and wait for nobody."),
  restorable: restorable.optional().describe("What a run would remove or change, and keep to be put back by `undo`."),
  reason: reason.optional(),
  says: text.optional().describe("The reason in the words of the hold or condition."),
  until: text
    .optional()
    .describe("Last day of the longest hold; for marked records the day on which they go for good."),
  law: z.array(text).optional(),
  holds: legalHolds,
  later: count
    .optional()
    .describe(
      "In due work, of `waiting`: over the cap, or found by an open request; a later plan takes them by itself.",
    ),
  cascades: z
    .array(z.strictObject({ constraint: text, table: text, count }))
    .optional()
    .describe("Rows of tables without a record type that go behind it."),
  unsearched: z.array(shownPseudonym).optional().describe("In a batch: people for whom it was not searched."),
  subjects: z.array(z.strictObject({ pseudonym: shownPseudonym, ...counts, reason: reason.optional() })).optional(),
});
const gap = { where: text, holds_identifier: z.boolean() };
const residue = z.strictObject({
  system: text,
  record: text.nullable().optional(),
  mechanism: text,
  gone_by: text.nullable(),
});
const plan = z.strictObject({
  id: text,
  request: requestId,
  digest: hash,
  map: hash.describe("The data map's digest."),
  system: text.optional(),
  as_of: date.optional().describe("Of due work: the day as of which it is due."),
  records: z.array(text).optional().describe("Of due work planned with `--records`: only these."),
  approvable: z.literal(false).optional().describe("With `--as-of`: nothing was stored, and nobody can approve it."),
  by_day: z
    .array(z.strictObject({ date, system: text, record: text, count }))
    .optional()
    .describe("With `--as-of`: what may go until then, by the day from which it may; what is overdue is under today."),
  made_at: instant,
  expires_at: instant,
  steps: z.array(planStep),
  totals,
  residue: z.array(residue),
  warnings: z.array(
    z.strictObject({
      code: text,
      severity: z.enum(["empty", "warning"]),
      record: text,
      column: text.optional(),
      message: text,
      help: text.optional(),
    }),
  ),
});
const plannedRecord = z.strictObject({
  handle: text.describe("`S3.2`: names the record in this plan, and in no other."),
  step: text,
  system: text,
  record: text,
  outcome: z.enum(["act", "kept", "waiting", "blocked"]),
  reason: reason.optional(),
  until: text.optional(),
  subjects: z.array(shownPseudonym).optional().describe("Whose it is; none in due work."),
  key: z.array(text).describe("Its key, each part masked."),
  dates: z.record(text, date.nullable()).describe("By column: the day at the controller."),
  values: z.record(text, z.array(text)).describe("By column, masked."),
  gone: z.literal(true).optional().describe("It is not there any more."),
});
const runStep = {
  id: text,
  system: text,
  record: text,
  status,
  found: count.optional(),
  act: count.optional().describe("Records that the plan meant to act on."),
  matched: count.describe("Planned records found again."),
  affected: count.describe("What the system said it changed."),
  gone: count.describe("Absent, or as wanted, when read again: deleted + changed."),
  deleted: count.optional(),
  changed: count.optional(),
  already_gone: count.optional(),
  as_wanted: count.optional().describe("Of those: still there, and as the rule wants them before anything was done."),
  marked: count
    .optional()
    .describe(
      "Marked as deleted by the run, and there still: they go for good on the day in `marked_until`, else in `until`.",
    ),
  marked_until: date
    .nullable()
    .optional()
    .describe(
      "Beside what is kept, whose day is in `until`: when the last of what is marked goes for good, whoever marked it; null: nobody knows it.",
    ),
  restorable: restorable
    .optional()
    .describe(
      "Removed or changed by the run, and kept to be put back by `undo`: it is not gone before that day has passed.",
    ),
  own: count.optional(),
  failed: count.optional(),
  kept: count.optional(),
  waiting: count.optional(),
  blocked: count.optional(),
  minimised: count.optional(),
  reason: reason.optional(),
  says: text.optional().describe("The words of the condition or hold."),
  until: text.optional(),
  law: z.array(text).optional(),
  holds: legalHolds,
  assertions: z
    .array(z.strictObject({ name: text, held: z.boolean() }))
    .optional()
    .describe("Figures of `assert` that the step was compared by; what would have changed one was taken back."),
  gaps: z.array(z.strictObject(gap)).optional().describe("What was found and cannot be acted on."),
  new: count.optional(),
  subjects: z
    .array(
      z.strictObject({
        pseudonym: shownPseudonym,
        done: count,
        already_gone: count,
        kept: count,
        waiting: count,
        blocked: count,
        failed: count,
      }),
    )
    .optional()
    .describe("Of a batch: one a person, in the request's order."),
};
const check = z.strictObject({
  gone: count.optional().describe("Of what was to be kept: records that are not there any more."),
  followed: count
    .optional()
    .describe("Of what waited: copies that have gone by themselves with what they are copies of."),
  system: text,
  record: text,
  result: z.enum(["pass", "fail", "unverifiable", "not_searchable"]),
  residual: count,
  new: count.optional().describe("Of the residual: records that no plan knew."),
  method: text,
  reason: reason.optional(),
  at: instant,
  kept: count.optional(),
  waiting: count.optional(),
  marked: count
    .optional()
    .describe(
      "Marked as deleted by the run, and there still: they go for good on the day in `marked_until`, else in `until`.",
    ),
  marked_until: date
    .nullable()
    .optional()
    .describe(
      "Beside what is kept, whose day is in `until`: when the last of what is marked goes for good, whoever marked it; null: nobody knows it.",
    ),
  blocked: count.optional(),
  failed: count.optional(),
  says: text.optional().describe("The words of the condition or hold."),
  until: text.optional(),
});
const finding = z.strictObject({
  system: text.describe("Empty, as `record`, where the data map itself is meant."),
  record: text,
  column: text.optional(),
  code: text,
  severity: z.enum(["error", "empty", "warning"]),
  message: text,
  help: text,
  file: text,
  line: count,
});
const file = z.strictObject({ path: text, sha256: hash });

const holdLine = z.strictObject({
  id: holdId,
  case: text.nullable().describe("In the officer's words. null, as what follows: it cannot be read."),
  by: text.nullable().describe("Who ordered it."),
  since: date.nullable(),
  until: date.nullable().describe("The last day on which it keeps records; null: it is open."),
  state: z.enum(["in_force", "released_and_waiting", "ended", "unreadable"]),
  records: z.array(text).describe("Record types to which it is limited: `system.record`."),
  people: count.describe("People it is about; 0: it holds the whole of its record types."),
  held: count.nullable().describe("Records that it keeps now; null: it could not be looked at."),
  held_in: z.array(z.strictObject({ system: text, record: text, count })),
  extended: z.array(z.strictObject({ until: date, by: text, reason: text })).optional(),
  released: z.strictObject({ day: date, by: text, reason: text }).optional(),
});

function envelope(name: string, data: z.ZodType): z.ZodType {
  return z.strictObject({
    schema: z.literal(`expunge/${name}/v1`),
    ok: z.boolean(),
    exit,
    data,
    warnings: z.array(text),
    next: z.array(text).describe("Commands that a person would type next."),
  });
}

const requests = z.strictObject({
  requests: z.array(z.union([z.strictObject(shortRequest), z.strictObject(shortDue)])),
});
const holds = z.strictObject({ holds: z.array(holdLine) });
const oneRequest = z.strictObject({ requests: z.tuple([z.union([wholeRequest, wholeDue])]) });

/** By name: that of `expunge/NAME/v1`, and `failure` and `run-event`. */
const whoever = text.nullable().describe("null: nobody is named.");
const words = text.nullable().describe("null: not written.");

const policy = z.strictObject({
  controller: text,
  as_of: date,
  map_owner: whoever,
  map_review_by: words,
  rules: z.array(
    z.strictObject({
      record: text,
      called: words,
      sentence: text,
      restorable: text.nullable().describe("For how long it can be brought back; null: it cannot."),
      on_request: text.describe("What becomes of it where a person asks."),
      on_schedule: z.array(text).describe("What goes without anybody asking."),
      holds: z.array(
        z.strictObject({
          says: text,
          law: z.array(text),
          until: text,
          example_until: date.nullable().describe("The last day of one whose period begins today."),
          exemption: words,
          owner: whoever,
          approved_by: whoever,
          review_by: words,
        }),
      ),
      waits: text.nullable().describe("Why it waits; null: for nothing."),
      held_with: z.array(text).describe("Kept with these, which it belongs to."),
      audit_trail: z.array(text).describe("Record types that keep the audit trail of it."),
      audit_of: z.array(text).describe("Record types whose audit trail it is."),
      copies: z.array(z.strictObject({ system: text, how: text })),
      owner: whoever,
      file: text,
      line: count,
    }),
  ),
});

const ropa = z.strictObject({
  controller: z.strictObject({ name: text, contact: text }),
  as_of: date,
  activities: z.array(
    z.strictObject({
      record: text,
      called: words,
      purpose: z.array(text).describe("Empty: not written."),
      data_subjects: z.array(text).describe("Categories of people. Empty: not written."),
      categories: z.array(text).describe("Categories of data. Empty: not written."),
      recipients: z.array(
        z.strictObject({
          system: text,
          name: words,
          role: z.enum(["processor", "controller"]).nullable(),
          country: words,
          third_country: z.boolean().nullable().describe("null: the country is not written as two letters."),
        }),
      ),
      terms: z.array(text).describe("Time limits for erasure. Empty: none is written."),
      law: z.array(text),
      owner: whoever,
    }),
  ),
});

const review = z.strictObject({
  controller: text,
  as_of: date,
  hidden: z.array(
    z.strictObject({
      record: text,
      called: words,
      count,
      oldest: date.nullable().describe("The day on which the oldest was marked; null: nobody knows."),
      restorable_until: date.nullable(),
      purged_on: date.nullable(),
    }),
  ),
  restores: z.array(z.strictObject({ id: text, on: date, records: z.array(text), ended: z.boolean() })),
  reviews: z.array(
    z.strictObject({
      what: text,
      owner: whoever,
      review_by: date.nullable(),
      state: z.enum(["overdue", "soon", "later", "not_written"]),
      file: text,
      line: count,
    }),
  ),
  legal_holds: z.array(
    z.strictObject({ id: text, since: date, until: date.nullable(), records: z.array(text), people: count }),
  ),
  waiting: z.array(z.strictObject({ id: text, state: text, waiting_for: text, next: text.nullable() })),
  due: z.array(z.strictObject({ record: text, count })),
});

export const OUTPUTS: Readonly<Record<string, z.ZodType>> = {
  failure: z.strictObject({
    ok: z.literal(false),
    exit,
    error: z.strictObject({
      code: z.enum(Object.keys(FAILURES)),
      message: text,
      help: text,
      at: text.optional().describe("`file:line:column`"),
      details: z.unknown().optional(),
    }),
  }),
  init: envelope(
    "init",
    z.strictObject({
      workspace: text,
      files: z.array(text),
      origin: text,
      vkey: text,
      proposal: z
        .strictObject({
          records: count,
          asks: count.describe("Of these, those with `do: ask`."),
          ignored: count.describe("Entries of `map.ignore`."),
          unplaced: z
            .array(z.strictObject({ system: text, store: text, reason: text }))
            .describe("Stores that may hold people and that nobody can place: neither mapped nor ignored."),
          personal: z.array(z.strictObject({ system: text, record: text, column: text, reason: text })),
          links_guessed: z.array(z.strictObject({ from: text, to: text, reason: text })),
        })
        .optional()
        .describe("What was drafted, with `--from-…`."),
    }),
  ),
  "map-lint": envelope("map-lint", z.strictObject({ issues: z.array(issue) })),
  "map-graph": envelope(
    "map-graph",
    z.strictObject({
      format: z.enum(["mermaid", "dot", "html"]),
      graph: text,
      files: z.array(z.strictObject({ path: text, sha256: hash })),
    }),
  ),
  "map-diff": envelope(
    "map-diff",
    z.strictObject({
      changes: z.array(
        z.strictObject({
          record: text,
          kind: z.enum(["added", "removed", "erases_more", "erases_less", "other"]),
          before: text.nullable().describe("The sentence as it was; null: it was not there."),
          after: text.nullable().describe("The sentence as it is; null: it is gone."),
          effect: z
            .strictObject({
              due: count.describe("Records that are due by the new map and were not by the old one."),
              released: count.describe("Records that were kept and are not any more."),
              at_least: z.literal(true).optional().describe("Counting stopped where there were too many."),
            })
            .optional()
            .describe("With --effect; absent where it could not be counted."),
        }),
      ),
    }),
  ),
  "map-check": envelope(
    "map-check",
    z.strictObject({
      findings: z.array(
        z.strictObject({
          system: text,
          record: text.describe("`system.record`, or `system.store` where no record type is; empty: the data map."),
          column: text.optional(),
          code: text,
          severity: z.enum(["error", "warning"]),
          message: text,
          help: text.describe("What to do, and what it costs to leave it."),
          file: text,
          line: count,
        }),
      ),
      coverage: z.strictObject({
        mapped: count,
        ignored: count,
        unmapped: count,
        percent: count.describe("(mapped + ignored) of all columns, rounded down."),
      }),
    }),
  ),
  "map-rehearse": envelope(
    "map-rehearse",
    z.strictObject({
      records: z.array(
        z.strictObject({
          record: text.describe("`system.record`"),
          checks: z.array(
            z.strictObject({
              name: z.enum(["planted", "hidden", "restored", "searched", "erased", "gone", "bystanders", "removed"]),
              ok: z.boolean(),
              detail: text.describe("What went wrong, or what was not tried; empty: nothing to say."),
            }),
          ),
        }),
      ),
      not_rehearsed: z.array(z.strictObject({ record: text, reason: text.describe("Why nothing is known of it.") })),
    }),
  ),
  "map-accept": envelope(
    "map-accept",
    z.strictObject({
      file: text,
      written: z.boolean(),
      changes: z.array(
        z.strictObject({
          system: text,
          store: text,
          column: text.optional().describe("Missing where a whole store came or went."),
          change: z.enum(["added", "removed", "retyped"]),
          type: text.optional(),
          was: text.optional(),
        }),
      ),
    }),
  ),
  explain: envelope(
    "explain",
    z.strictObject({
      rules: z
        .array(z.strictObject({ record: text, sentence: text, file: text, line: count }))
        .optional()
        .describe("Without --policy, --review and --ropa."),
      policy: policy.optional().describe("With --policy."),
      review: review.optional().describe("With --review."),
      ropa: ropa.optional().describe("With --ropa."),
      files: z
        .array(z.strictObject({ path: text, sha256: hash }))
        .optional()
        .describe("With one of the three."),
    }),
  ),
  "connector-list": envelope(
    "connector-list",
    z.strictObject({
      connectors: z.array(
        z.strictObject({
          kind: text,
          called: text,
          actions: z.array(text),
          keys: z.strictObject({ connect: z.array(text), system: z.array(text), record: z.array(text) }),
        }),
      ),
    }),
  ),
  doctor: envelope(
    "doctor",
    z.strictObject({
      checks: z.array(z.strictObject({ name: text, result: z.enum(["ok", "warn", "fail"]), detail: text })),
      findings: z.array(finding),
    }),
  ),
  "request-new": envelope("request-new", requests),
  "request-list": envelope("request-list", requests),
  "request-show": envelope("request-show", oneRequest),
  "request-identity": envelope("request-identity", oneRequest),
  "request-extend": envelope("request-extend", oneRequest),
  "request-cancel": envelope("request-cancel", oneRequest),
  "request-refuse": envelope("request-refuse", oneRequest),
  "request-close": envelope("request-close", oneRequest),
  "hold-add": envelope("hold-add", holds),
  "hold-list": envelope("hold-list", holds),
  "hold-extend": envelope("hold-extend", holds),
  "hold-release": envelope("hold-release", holds),
  "bin-list": envelope(
    "bin-list",
    z.strictObject({
      items: z.array(
        z.strictObject({
          system: text,
          record: text,
          count,
          marked_on: date.nullable().optional().describe("With `--by-day`; null: nobody knows it."),
          restorable_until: date
            .nullable()
            .describe("The last day, of several the first that comes; null: no window, or nobody knows since when."),
          purged_on: date.nullable().describe("The day from which it goes for good, of several the first that comes."),
        }),
      ),
    }),
  ),
  "bin-restore": envelope(
    "bin-restore",
    z.strictObject({
      items: z.array(
        z.strictObject({
          system: text,
          record: text,
          found: count.describe("Of these people, marked as deleted when it began."),
          restored: count.describe("Live again, when read again."),
          hidden: count.describe("Marked still: something came between."),
          too_late: count.describe("Of the found ones: their window has ended."),
        }),
      ),
    }),
  ),
  "bin-purge": envelope("bin-purge", z.strictObject({ plan })),
  undo: envelope(
    "undo",
    z.strictObject({
      request: text,
      state,
      steps: z.array(
        z.strictObject({
          plan: text,
          step: text,
          system: text,
          record: text,
          status,
          found: count.describe("Records that this request had hidden when the undo began."),
          restored: count.describe("Exactly as they were, when read again."),
          hidden: count.describe("Hidden still: something stands in the way."),
          reason: text.describe("What stands in the way: a constraint, or why it failed.").exactOptional(),
        }),
      ),
    }),
  ),
  plan: envelope(
    "plan",
    z.strictObject({
      plan,
      records: z
        .union([
          z.array(plannedRecord).describe("With `--show-records`: every record that has a handle."),
          z
            .array(
              z.strictObject({
                record: text.describe("`system.record`"),
                checks: z.array(
                  z.strictObject({
                    name: z.enum(["constraints", "triggers", "collateral", "orphans", "assertions"]),
                    ok: z.boolean(),
                    detail: text,
                  }),
                ),
                not_rehearsed: text.optional().describe("Why it was not tried; then there are no checks."),
              }),
            )
            .describe("With `--rehearse`: what the plan came to when it was tried and taken back."),
        ])
        .optional(),
      unlisted: z
        .array(z.strictObject({ system: text, record: text, count }))
        .optional()
        .describe("With `--show-records`: found records that only were counted."),
    }),
  ),
  approve: envelope(
    "approve",
    z.strictObject({
      approval: z.strictObject({
        plan: text,
        request: requestId,
        digest: hash,
        by: text,
        role: text.optional(),
        accepted: z.array(text).optional(),
        at: instant,
        key: text.optional().describe("The approver's public key, base64; where the data map has `people`."),
        signature: text.optional().describe("Theirs, base64; docs/ledger-format.md says what is signed."),
      }),
    }),
  ),
  "run-event": z.union([
    z.strictObject({ event: z.literal("step"), ...runStep }),
    z
      .strictObject({
        event: z.literal("result"),
        exit,
        plans: z
          .array(z.strictObject({ request: requestId, state }))
          .describe("What ran under a standing approval, and what waits for a person."),
      })
      .describe("Of `run --due`."),
    z.strictObject({
      event: z.literal("result"),
      request: requestId,
      plan: text,
      state,
      exit,
      dry_run: z.literal(true).optional(),
      steps: z.array(z.strictObject(runStep)),
      residue: z.array(residue),
    }),
  ]),
  verify: envelope(
    "verify",
    z.strictObject({
      checks: z.array(check),
      residual: count,
      gaps: z
        .array(z.strictObject({ system: text, record: text, ...gap }))
        .describe("What was found and cannot be acted on."),
      assertions: z
        .array(
          z.strictObject({
            system: text,
            name: text,
            says: text,
            result: z.enum(["same", "changed", "unreadable"]).describe("Against what it was before the run."),
          }),
        )
        .optional()
        .describe("Figures of `assert` that the run was compared by."),
      state,
      settled_at: instant.optional().describe("While settling: a look from then on counts as the second."),
      behind_since: instant
        .optional()
        .describe("The first look that saw copies there still whose source has gone for good on its day."),
      residue: z.array(residue).optional(),
    }),
  ),
  demo: envelope(
    "demo",
    z.strictObject({
      folder: text.describe("Where report and public key are."),
      request: requestId,
      sights: z
        .array(z.strictObject({ file: text, before: count, after: count }))
        .describe("How often her address stands in a file's bytes."),
      others: z.strictObject({ lines: count, changed: count }).describe("Rows and lines of everybody else."),
      kept: z.boolean().describe("The shop is in the folder still."),
    }),
  ),
  status: envelope(
    "status",
    z.strictObject({
      items: z.array(
        z.strictObject({
          id: requestId,
          kind: z.literal("due").optional().describe("Due work, which nobody asked for."),
          state,
          due: date.nullable().describe("null: nobody waits for an answer."),
          days_left: z.int().nullable(),
          overdue: z.boolean(),
          waiting_for: text,
          next: text.nullable(),
          undo_until: date.describe("The last day on which `undo` brings anything of it back.").exactOptional(),
        }),
      ),
      left_blocked: z
        .array(
          z.strictObject({
            request: requestId,
            record: text.describe("`system.record`"),
            count,
            tried_again_after: date
              .optional()
              .describe("Only an attempt can tell whether it is free: after this day there is one."),
          }),
        )
        .optional()
        .describe(
          "Due records that stay aside: something stood against them, and a person has ended the work on them.",
        ),
      file: file.optional().describe("The page, with `--html`."),
    }),
  ),
  "key-new": envelope(
    "key-new",
    z.strictObject({
      name: text,
      vkey: text.describe("The public key, C2SP vkey: for `people` of the data map."),
      file: text.describe("Of the private key."),
    }),
  ),
  report: envelope("report", z.strictObject({ files: z.array(file) })),
  letter: envelope("letter", z.strictObject({ files: z.array(file) })),
  "proof-checkpoint": envelope("proof-checkpoint", z.strictObject({ checkpoint: text, vkey: text })),
  "proof-export": envelope("proof-export", z.strictObject({ files: z.array(file) })),
  "proof-verify": envelope(
    "proof-verify",
    z.strictObject({
      ok: z.boolean(),
      checks: z.array(z.strictObject({ name: text, ok: z.boolean(), detail: text })),
      signed: z
        .record(text, z.unknown())
        .optional()
        .describe("With `--show`, where every check holds: what was signed."),
    }),
  ),
};
