/** Checks the bytes of a report, a ledger export, a tlog-proof or a checkpoint. Knows no database and writes nothing. */
import { Failure } from "../errors.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { isApprovedBy } from "./approval-statement.ts";
import { fromBase64 } from "./base64.ts";
import { commit, type Leaf, parseLeaf } from "./commitment.ts";
import { leafOf, type Opening, parseOpening } from "./disclosed-entry.ts";
import { isSealedBy, parseEnvelope } from "./dsse.ts";
import { closedObject, isList, isObject, parseJcs } from "./jcs.ts";
import { leafHash, rootOf, treeOf, verifyInclusion } from "./merkle.ts";
import { parseReportPayload, REPORT_TYPE, type ReportPayload } from "./report-file.ts";
import { type Checkpoint, isSignedBy, parseCheckpoint, parseNote } from "./signed-note.ts";
import { parseTlogProof, TLOG_PROOF_HEAD } from "./tlog-proof.ts";
import { parseVerifierKey, type VerifierKey } from "./verifier-key.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface Audit {
  /** Every check holds, and there was a key to check with. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly warnings: readonly string[];
  /** The content, where the file is a report whose every check holds. */
  readonly report?: ReportPayload;
  /** What was signed, to be shown; only where every check holds. */
  readonly signed?: Json;
}

/** An older head, in any of the four kinds of file. */
export interface Known {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the checks of one file write into and read from. */
interface Auditing {
  readonly key: VerifierKey | undefined;
  readonly check: (name: string, ok: boolean, detail: string) => void;
  readonly warn: (text: string) => void;
}

/** A head, with the hashes of the leaves where the file has them all. */
interface Headed {
  readonly head: Checkpoint;
  readonly leaves?: readonly Uint8Array[];
  readonly content: Json;
  /** What of the entries is shown. */
  readonly cores: readonly JsonObject[];
  readonly report?: ReportPayload;
}

type Kind = "report" | "ledger export" | "tlog-proof" | "checkpoint";

/** `key`: the text of a vkey. Never throws for what is in the files: what cannot be read is a check that does not hold. */
export function audit(
  file: Uint8Array,
  how: { readonly key?: string | undefined; readonly known?: readonly Known[] },
): Audit {
  const checks: Check[] = [];
  const warnings: string[] = [];
  const check = (name: string, ok: boolean, detail: string): void => void checks.push({ name, ok, detail });
  const key = how.key === undefined ? undefined : reading(check, "key", () => parseVerifierKey(how.key?.trim() ?? ""));
  if (key !== undefined) check("key", true, `${key.name}, id ${Buffer.from(key.id).toString("hex")}`);
  else if (how.key === undefined) check("key", false, "no key was given: nothing shows who signed this");
  const auditing: Auditing = { key, check, warn: (text) => void warnings.push(text) };
  const kind = kindOf(file);
  if (isPage(file))
    check("form", false, "this is a page to read, and nothing of it is signed: check the JSON file beside it");
  const read = isPage(file) ? undefined : reading(check, "form", () => READERS[kind](file, auditing));
  if (read !== undefined) checkApprovals(read.cores, check);
  if (read !== undefined) for (const known of how.known ?? []) compare(read, known, auditing);
  const ok = read !== undefined && checks.every((one) => one.ok);
  return {
    ok,
    checks,
    warnings,
    ...(ok ? { signed: read.content } : {}),
    ...(ok && read.report !== undefined ? { report: read.report } : {}),
  };
}

/** Undefined where a check that failed leaves nothing to read on. */
const READERS: Record<Kind, (file: Uint8Array, auditing: Auditing) => Headed | undefined> = {
  report: readReport,
  "ledger export": readExport,
  "tlog-proof": readProof,
  checkpoint: readCheckpoint,
};

/** A report's page or a letter. */
function isPage(file: Uint8Array): boolean {
  return /^\s*<(?:!doctype|html)/iu.test(Buffer.from(file.subarray(0, 64)).toString("latin1"));
}

function kindOf(file: Uint8Array): Kind {
  const start = Buffer.from(file.subarray(0, 64)).toString("latin1");
  if (start.startsWith(`${TLOG_PROOF_HEAD}\n`)) return "tlog-proof";
  if (start.startsWith('{"checkpoint":')) return "ledger export";
  return start.startsWith("{") ? "report" : "checkpoint";
}

function readReport(file: Uint8Array, auditing: Auditing): Headed | undefined {
  const envelope = parseEnvelope(file);
  if (envelope.payloadType !== REPORT_TYPE)
    throw new Failure("PROOF_INVALID", "the envelope holds no report of this version");
  if (auditing.key !== undefined) {
    const sealed = isSealedBy(envelope, auditing.key);
    auditing.check(
      "signature",
      sealed,
      sealed ? "the report is as it was signed" : "SIGNATURE: the report is not what this key signed",
    );
    // what nobody signed is not read
    if (!sealed) return undefined;
  }
  const report = parseReportPayload(envelope.payload);
  auditing.check("form", true, `report of ${report.entries.length} entries of the ledger`);
  const head = checkedHead(report.checkpoint, auditing);
  included(
    report.entries.map((entry) => ({
      entry,
      index: entry.proof.index,
      path: entry.proof.path.map((hash) => fromBase64(hash) ?? Buffer.alloc(0)),
    })),
    head,
    auditing,
  );
  const ordered = report.entries.every(
    ({ proof }, at) => at === 0 || proof.index > (report.entries[at - 1]?.proof.index ?? -1),
  );
  const own = report.entries.length > 0 && report.entries.every(({ core }) => core["request"] === report.request);
  auditing.check(
    "entries",
    ordered && own,
    ordered && own
      ? "each entry once, in order, all of the one request"
      : "REQUEST: entries are missing, doubled, out of order or of another request",
  );
  return {
    head,
    report,
    cores: report.entries.map(({ core }) => core),
    content: { ...report, entries: report.entries.map(({ core, proof }) => ({ index: proof.index, ...core })) },
  };
}

function readExport(file: Uint8Array, auditing: Auditing): Headed {
  const { checkpoint, leaves } = closedObject(parseJcs(file), "the export", ["checkpoint", "leaves"]);
  if (typeof checkpoint !== "string" || !isList(leaves)) throw new Failure("PROOF_INVALID", "the export is malformed");
  const texts = leaves.map(exportedLeaf);
  auditing.check("form", true, `ledger export with ${texts.length} leaves`);
  const head = checkedHead(checkpoint, auditing);
  const hashes = texts.map(({ text }) => leafHash(Buffer.from(text)));
  const whole = hashes.length === head.size;
  auditing.check(
    "size",
    whole,
    whole ? `${head.size} leaves` : `SIZE: the signed head counts ${head.size} leaves, the export has ${hashes.length}`,
  );
  const rooted = Buffer.compare(rootOf(hashes.length, treeOf(hashes)), head.root) === 0;
  auditing.check(
    "root",
    rooted,
    rooted ? "the leaves make the signed root" : "ROOT: the leaves do not make the signed root",
  );
  for (const part of ["core", "link"] as const) {
    const there = texts.filter((leaf) => leaf[part] !== "absent");
    const bad = there.filter((leaf) => leaf[part] === "bad").length;
    auditing.check(
      part,
      bad === 0,
      bad === 0
        ? `${there.length} contents fit their commitments`
        : `${part.toUpperCase()}: ${bad} contents do not fit their commitments`,
    );
  }
  const gone = texts.filter(({ core }) => core === "absent").length;
  if (gone > 0) auditing.warn(`${gone} of ${texts.length} entries have no content any more: ask which expiry took it`);
  return {
    head,
    leaves: hashes,
    cores: texts.map(({ content }) => content),
    content: { checkpoint, entries: texts.map(({ type, content }, index) => ({ index, type, ...content })) },
  };
}

interface ExportedLeaf extends Readonly<Record<"core" | "link", "absent" | "fits" | "bad">> {
  readonly text: string;
  readonly type: string;
  /** Of `core`; nothing where it has expired. */
  readonly content: JsonObject;
}

function exportedLeaf(value: Json): ExportedLeaf {
  const {
    leaf: text,
    core,
    core_salt,
    link,
    link_salt,
  } = closedObject(value, "a leaf of the export", ["leaf"], ["core", "core_salt", "link", "link_salt"]);
  if (typeof text !== "string") throw new Failure("PROOF_INVALID", "a leaf of the export is no text");
  const leaf = parseLeaf(text);
  const type = isObject(core) ? core["type"] : undefined;
  const opened = { core: opens("core", leaf, core, core_salt), link: opens("link", leaf, link, link_salt) };
  const content = isObject(core) ? core : { content: "expired" };
  return {
    text,
    type: leaf.type,
    content,
    ...opened,
    ...(opened.core === "fits" && type !== leaf.type ? { core: "bad" as const } : {}),
  };
}

function opens(
  part: "core" | "link",
  leaf: Leaf,
  content: Json | undefined,
  salt: Json | undefined,
): "absent" | "fits" | "bad" {
  if (content === undefined && salt === undefined) return "absent";
  const bytes = typeof salt === "string" ? fromBase64(salt) : undefined;
  if (!isObject(content) || bytes?.length !== 32)
    throw new Failure("PROOF_INVALID", "a leaf of the export has content or salt without the other");
  return Buffer.compare(commit(part, bytes, content), leaf[part]) === 0 ? "fits" : "bad";
}

function readProof(file: Uint8Array, auditing: Auditing): Headed {
  const { extra, index, path, checkpoint } = parseTlogProof(decoded(file));
  const entry = parseOpening(parseJcs(extra));
  auditing.check("form", true, "tlog-proof of one entry");
  const head = checkedHead(checkpoint, auditing);
  included([{ entry, index, path }], head, auditing);
  return { head, cores: [entry.core], content: { checkpoint, entries: [{ index, ...entry.core }] } };
}

function readCheckpoint(file: Uint8Array, auditing: Auditing): Headed {
  const text = decoded(file);
  const { size } = parseCheckpoint(parseNote(text).text);
  auditing.check("form", true, `checkpoint of a ledger with ${size} entries`);
  return { head: checkedHead(text, auditing), cores: [], content: { checkpoint: text } };
}

/** The head that a note states, and whether the key signed it for this very ledger. */
function checkedHead(text: string, { key, check }: Pick<Auditing, "key" | "check">, name = "checkpoint"): Checkpoint {
  const note = parseNote(text);
  const head = parseCheckpoint(note.text);
  if (key !== undefined) {
    const signed = head.origin === key.name && isSignedBy(note, key);
    check(
      name,
      signed,
      signed ? `signed for ${head.size} entries` : "SIGNATURE: the head of the ledger is not signed by this key",
    );
  }
  return head;
}

function included(
  entries: readonly { readonly entry: Opening; readonly index: number; readonly path: readonly Uint8Array[] }[],
  head: Checkpoint,
  auditing: Auditing,
): void {
  const outside = entries.filter(({ entry, index, path }) => {
    const leaf = leafHash(Buffer.from(leafOf(entry)));
    return !verifyInclusion({ index, size: head.size, leaf, proof: path, root: head.root });
  });
  const ok = outside.length === 0;
  auditing.check(
    "inclusion",
    ok,
    ok
      ? `${entries.length === 1 ? "the entry is" : `${entries.length} entries are`} in the signed ledger as shown`
      : `INCLUSION: ${outside.length} entries are not in the signed ledger as shown`,
  );
}

/** Whether approvals that bear a person's signature are what that key signed. Whose key it is, only the controller can tell. */
function checkApprovals(cores: readonly JsonObject[], check: Auditing["check"]): void {
  const signed = cores.filter(({ type, key, signature }) => type === "decision" && (key ?? signature) !== undefined);
  if (signed.length === 0) return;
  const bad = signed.filter(({ key, signature, request, plan, plan_digest, at, role }) => {
    const texts = [key, signature, request, plan, plan_digest, at].filter((one) => typeof one === "string");
    const [by = "", mark = "", of = "", what = "", digest = "", when = ""] = texts;
    const approved = { request: of, plan: what, plan_digest: digest, at: when };
    return texts.length !== 6 || !isApprovedBy(by, mark, typeof role === "string" ? { ...approved, role } : approved);
  }).length;
  check(
    "approvals",
    bad === 0,
    bad === 0
      ? `${signed.length} signed by the approver's own key`
      : `APPROVAL: ${bad} are not what the approver's key signed`,
  );
}

/** Whether what was known before and what is shown now can be of one ledger. */
function compare({ head, leaves }: Headed, known: Known, auditing: Auditing): void {
  const name = `known ${known.name}`;
  const older = reading(auditing.check, name, () =>
    checkedHead(noteIn(known.bytes), { ...auditing, check: (_, ok, detail) => ok || refuse(detail) }),
  );
  if (older === undefined) return;
  if (older.origin !== head.origin) return auditing.check(name, false, "ORIGIN: this head is of another ledger");
  if (leaves !== undefined && older.size > leaves.length)
    return auditing.check(
      name,
      false,
      `ROLLBACK: the ledger had ${older.size} entries, the export has ${leaves.length}`,
    );
  if (leaves !== undefined || older.size === head.size) {
    const root = leaves === undefined ? head.root : rootOf(older.size, treeOf(leaves.slice(0, older.size)));
    const same = Buffer.compare(root, older.root) === 0;
    return auditing.check(
      name,
      same,
      same
        ? `the first ${older.size} entries are the same`
        : `FORK: the first ${older.size} entries are others than those signed before`,
    );
  }
  if (older.size > head.size)
    auditing.warn(
      `known ${known.name} is newer (${older.size} entries, here ${head.size}): this is not the latest state of the ledger`,
    );
  auditing.check(
    name,
    true,
    `signed for ${older.size} entries; whether it is consistent, only a ledger export can show`,
  );
}

function noteIn(bytes: Uint8Array): string {
  const kind = kindOf(bytes);
  switch (kind) {
    case "report":
      return parseReportPayload(parseEnvelope(bytes).payload).checkpoint;
    case "ledger export": {
      const { checkpoint } = closedObject(parseJcs(bytes), "the export", ["checkpoint", "leaves"]);
      return typeof checkpoint === "string" ? checkpoint : refuse("the export is malformed");
    }
    case "tlog-proof":
      return parseTlogProof(decoded(bytes)).checkpoint;
    case "checkpoint":
      return decoded(bytes);
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Failure("PROOF_INVALID", "the file is no UTF-8 text");
  }
}

function refuse(detail: string): never {
  throw new Failure("PROOF_INVALID", detail);
}

/** What the reading gives; where it cannot, a check that does not hold. */
function reading<T>(check: Auditing["check"], name: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    check(name, false, error.message);
    return undefined;
  }
}
