import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../src/errors.ts";
import type { Change, Left, Operation, PlannedRecord, StepOutcome, Work } from "../../src/model/change.ts";
import type { Eraser, Guard, IO, UnitJournal } from "../../src/port/connector.ts";
import { errorType, isBlockError, type Answer, type Api } from "./api.ts";
import { refresh, taskFindings } from "./check.ts";
import { applyEdits, at, itemsOf, membersOf, numberOf, type JsonNode } from "./json-text.ts";
import { looksAt } from "./look.ts";
import { purge } from "./purge.ts";
import { fetchAll, nameOf, type Fetched } from "./search.ts";

export function eraser(io: IO, api: Api): Eraser {
  return {
    async apply(unit, journal, guard) {
      const effects = effectsOf(io, journal);
      const outcomes: StepOutcome[] = [];
      for (const work of unit.works) outcomes.push(await eraseWork(io, api, work, effects, guard));
      if (effects.changed.size > 0) {
        effects.half();
        for (const index of effects.changed) await refresh(api, index);
        for (const record of new Set(unit.works.map(({ target }) => target.record.id)))
          for await (const finding of taskFindings(api, record)) io.report(finding);
        journal.at("effect_done");
      }
      return outcomes;
    },
    flushResidue: async (target) => await purge(io, api, target),
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

/** Documents read, and written, in one go. */
const BATCH = 100;
/** Characters of documents in one bulk request. */
const BULK_SIZE = 8_000_000;
/** How often one document is read again after another writer came between. */
const TRIES = 60;

/** What becomes of one planned record. `again`: another writer came between, or the server is busy. */
type Result =
  | { readonly kind: "affected" | "gone" | "again" }
  | { readonly kind: "left"; readonly left: Left }
  | { readonly kind: "blocked" | "failed"; readonly reason: string };

/** The unit's effects: their notes, and the moments between them. */
interface Effects {
  /** Indices with changes. */
  readonly changed: ReadonlySet<string>;
  /** An earlier attempt had begun with this document. */
  begunBefore(key: string): boolean;
  /** Notes what is about to be written, durably. */
  begin(writes: readonly Write[]): Promise<void>;
  half(): void;
}

function effectsOf(io: IO, journal: UnitJournal): Effects {
  const markOf = (key: string) => io.digest(["document", key]).slice(0, 20);
  const before = new Set(journal.notes.flatMap(marksOf));
  const noted = new Set<string>();
  const changed = new Set<string>();
  let begun = false;
  let halved = false;
  const half = () => {
    if (!halved) journal.at("effect_half");
    halved = true;
  };
  return {
    changed,
    half,
    begunBefore: (key) => before.has(markOf(key)),
    async begin(writes) {
      for (const { document } of writes) changed.add(document.index);
      const marks = writes.map(({ record }) => markOf(record.key)).filter((mark) => !noted.has(mark));
      for (const mark of marks) noted.add(mark);
      if (marks.length > 0) await journal.note(JSON.stringify({ writes: marks }));
      if (begun) half();
      else journal.at("effect_begin");
      begun = true;
    },
  };
}

function marksOf(note: string): string[] {
  const said: unknown = JSON.parse(note);
  if (typeof said !== "object" || said === null || !("writes" in said) || !Array.isArray(said.writes)) return [];
  return said.writes.filter((mark) => typeof mark === "string");
}

async function eraseWork(io: IO, api: Api, work: Work, effects: Effects, guard: Guard): Promise<StepOutcome> {
  const look = await looksAt(io, api, work.target);
  const tally = { matched: 0, deleted: 0, changed: 0, minimised: 0, own: 0 };
  const left: Left[] = [];
  let done = 0;

  function count(key: string, change: Change, result: Result): void {
    io.progress((done += 1));
    switch (result.kind) {
      case "affected":
      case "gone":
        if (result.kind === "gone" && !effects.begunBefore(key)) left.push({ key, kind: "already_gone", reason: "already_gone" });
        else if (change.kind === "minimise") tally.minimised += 1;
        else {
          tally.matched += 1;
          tally[change.kind === "delete" ? "deleted" : "changed"] += 1;
        }
        return;
      case "left":
        left.push(result.left);
        return;
      case "blocked":
      case "failed":
        left.push({ key, kind: result.kind, reason: result.reason });
        return;
      case "again":
        throw new Failure("UNEXPECTED", "A record was counted before it was decided.");
    }
  }

  for (const operation of work.operations) {
    for (let from = 0; from < operation.records.length; from += BATCH) {
      const asked = new Set(work.lookups.map(({ subject }) => subject));
      const records = operation.records
        .slice(from, from + BATCH)
        .map((record) => (asked.size === 0 ? record : { ...record, subjects: record.subjects.filter((subject) => asked.has(subject)) }));
      await eraseBatch(
        api,
        operation,
        records,
        look,
        effects,
        (some) => guard.judge(work.step, some),
        (key, result) => count(key, operation.change, result),
      );
    }
  }
  return { step: work.step, ...tally, left };
}

async function eraseBatch(
  api: Api,
  { change }: Operation,
  records: readonly PlannedRecord[],
  look: Awaited<ReturnType<typeof looksAt>>,
  effects: Effects,
  judge: (records: readonly PlannedRecord[]) => Promise<readonly Left[]>,
  count: (key: string, result: Result) => void,
): Promise<void> {
  let pending = records;
  for (let tries = 1; pending.length > 0; tries += 1) {
    const found = await fetchAll(
      api,
      pending.flatMap(({ key }) => nameOf(key) ?? []),
    );
    const ready: Write[] = [];
    for (const record of pending) {
      const document = found.get(record.key);
      if (document === undefined) {
        count(record.key, nameOf(record.key) === undefined ? { kind: "blocked", reason: "index_closed" } : { kind: "gone" });
        continue;
      }
      const { matches, edits } = look(document, record, change);
      if (change.kind !== "delete" && edits.length === 0) count(record.key, { kind: "gone" });
      // the id is another's by now, or the person's values went: nobody planned this document
      else if (!matches) count(record.key, { kind: "failed", reason: "no_longer_matches" });
      else ready.push({ record, document, lines: change.kind === "delete" ? deletion(document) : replacement(document, edits) });
    }
    const stays = new Map((ready.length === 0 ? [] : await judge(ready.map(({ record }) => record))).map((left) => [left.key, left]));
    const writes = ready.filter(({ record }) => {
      const left = stays.get(record.key);
      if (left !== undefined) count(record.key, { kind: "left", left });
      return left === undefined;
    });
    const again: PlannedRecord[] = [];
    for (const some of bulksOf(writes)) {
      await effects.begin(some);
      for (const [place, result] of (await bulk(api, some)).entries()) {
        const record = some[place]?.record;
        if (record === undefined) continue;
        if (result.kind !== "again") count(record.key, result);
        else if (tries < TRIES) again.push(record);
        else count(record.key, { kind: "failed", reason: "version_conflict" });
      }
    }
    pending = again;
    if (pending.length > 0) await sleep(Math.min(10 * tries, 400) * (0.5 + Math.random()));
  }
}

interface Write {
  readonly record: PlannedRecord;
  readonly document: Fetched;
  readonly lines: string;
}

function deletion(document: Fetched): string {
  return `{"delete":${conditionOf(document)}}\n`;
}

/** The whole document as it is stored, but for the edits. Line ends between its values become spaces: a line is a document. */
function replacement(document: Fetched, edits: Parameters<typeof applyEdits>[1]): string {
  const { start, end } = document.source;
  const source = applyEdits(
    document.text.slice(start, end),
    edits.map((edit) => ({ start: edit.start - start, end: edit.end - start, text: edit.text })),
  );
  return `{"index":${conditionOf(document)}}\n${source.replace(/[\r\n]+/gu, " ")}\n`;
}

/** No version but the one that was read is written over. */
function conditionOf({ index, id, routing, seqNo, primaryTerm }: Fetched): string {
  const name = JSON.stringify({ _index: index, _id: id, ...(routing === undefined ? {} : { routing }) });
  return `${name.slice(0, -1)},"if_seq_no":${seqNo},"if_primary_term":${primaryTerm}}`;
}

function* bulksOf(writes: readonly Write[]): Generator<Write[]> {
  let some: Write[] = [];
  let size = 0;
  for (const write of writes) {
    if (size + write.lines.length > BULK_SIZE && some.length > 0) {
      yield some;
      some = [];
      size = 0;
    }
    some.push(write);
    size += write.lines.length;
  }
  if (some.length > 0) yield some;
}

/** One result a write, in order. Throws where the whole request was refused, or its answer was lost: then notes tell what may have happened. */
async function bulk(api: Api, writes: readonly Write[]): Promise<Result[]> {
  const body = writes.map(({ lines }) => lines).join("");
  // ingest pipelines made the document what it is already
  const call = { method: "POST", path: "/_bulk", query: { pipeline: "_none" }, body, bulk: true, timeout: 120_000 } as const;
  const answer = await api.send(call);
  if (answer.status === 429) return writes.map(() => (isBlockError(at(answer.body, "error")) ? BLOCKED : { kind: "again" }));
  if (isBlockError(at(answer.body, "error"))) return writes.map(() => BLOCKED);
  if (answer.status < 200 || answer.status > 299) throw refusal(api, answer, writes);
  const items = itemsOf(at(answer.body, "items"));
  if (items.length !== writes.length) throw new Failure("UNEXPECTED", `${api.system}: a bulk request of ${writes.length} has ${items.length} results.`);
  return items.map((item) => resultOf(membersOf(item)[0]?.value));
}

function refusal(api: Api, answer: Answer, writes: readonly Write[]): Failure {
  const index = writes[0]?.document.index ?? "";
  if (answer.status === 403) return new Failure("NOT_PERMITTED", `${api.system}, index ${index}: the right to write is missing.`);
  return new Failure(
    answer.status >= 500 ? "SYSTEM_UNREACHABLE" : "UNEXPECTED",
    `${api.system}, index ${index}: a bulk request is answered with ${answer.status} (${errorType(at(answer.body, "error"))}).`,
  );
}

const BLOCKED: Result = { kind: "blocked", reason: "index_block" };

function resultOf(item: JsonNode | undefined): Result {
  const status = numberOf(at(item, "status")) ?? 0;
  const error = at(item, "error");
  if (status >= 200 && status < 300) return { kind: "affected" };
  if (isBlockError(error)) return BLOCKED;
  if (status === 404) return { kind: "gone" };
  if (status === 409 || status === 429 || status === 503) return { kind: "again" };
  if (status === 403) return { kind: "failed", reason: "not_permitted" };
  return { kind: "failed", reason: errorType(error) };
}
