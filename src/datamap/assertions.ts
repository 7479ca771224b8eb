/** `assert`: which system is asked, and whether what it is asked can be one read-only figure that names nobody. */
import type { Assertion } from "../model/assertion.ts";
import type { SystemBlock } from "../model/datamap.ts";
import { looksLikeIdentifier } from "../model/identifier-like.ts";
import { knowName, type Check } from "./check.ts";
import type { Written } from "./shape.ts";
import type { Path } from "./source.ts";

/** The systems with what is asserted of each. */
export function withAssertions(
  systems: readonly SystemBlock[],
  { assert = {}, identities }: Pick<Written, "assert" | "identities">,
  check: Check,
): readonly SystemBlock[] {
  const bySystem = new Map<string, Assertion[]>();
  for (const [name, { system, query, says }] of Object.entries(assert)) {
    const path: Path = ["assert", name];
    const block = systems.find((one) => one.name === system);
    if (!knowName(system, "system", [...path, "system"], check)) continue;
    if (block !== undefined && check.kinds.get(block.kind)?.figures !== true)
      check.report({
        path: [...path, "system"],
        part: "value",
        code: "ASSERT_SYSTEM",
        message: `\`${system}\` is no SQL database: it cannot be asked for a figure.`,
        help: "Name a system of `kind: postgres` or `sqlite`.",
      });
    const matched = block === undefined ? [] : matchedColumns(block);
    for (const [code, message, help] of wrongIn(query, new Set([...Object.keys(identities), ...matched])))
      check.report({ path: [...path, "query"], part: "value", code, message, help });
    if (says.trim() === "")
      check.report({
        path: [...path, "says"],
        part: "value",
        code: "WRONG_VALUE",
        message: "`says` is empty.",
        help: "Say what the figure shows, as in `the sum of the ledger`.",
      });
    const mine = bySystem.get(system) ?? [];
    bySystem.set(system, [...mine, { name, query, says, at: check.position(path) }]);
  }
  return systems.map((system) => {
    const assertions = bySystem.get(system.name);
    return assertions === undefined ? system : { ...system, assertions };
  });
}

function matchedColumns({ records }: SystemBlock): readonly string[] {
  return records.flatMap(({ match }) => match.terms.map(({ column }) => column.toLowerCase()));
}

type Wrong = readonly [code: string, message: string, help: string];

const ONE = "Write one SELECT that gives one value, without `;` and without comments.";
const AGAIN =
  "It is read before and after, and again by `verify` days later: leave out time, chance and whatever else differs by itself.";
const NOBODY = "The data map is read by many and lies in git: a figure is of all rows, or of those of a kind.";
/** What is no figure of the data, or writes. Functions that the database calls volatile are refused at plan. */
const MOVING =
  /\b(?:now|random|randomblob|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|gen_random_uuid|nextval|lastval|last_insert_rowid|changes|total_changes)\s*\(|\b(?:current_(?:date|time|timestamp)|localtime|localtimestamp)\b/iu;
const MOVING_WORD = /^(?:now|today|tomorrow|yesterday)$/iu;
const WRITING =
  /\b(?:insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into|into\s+(?:temp|temporary|unlogged|table)?\s*\w+\s+from|for\s+(?:no\s+key\s+)?update|for\s+(?:key\s+)?share)\b/iu;

function* wrongIn(query: string, identities: ReadonlySet<string>): Generator<Wrong> {
  const { bare, literals, whole } = partsOf(query);
  if (/;|--|\/\*/u.test(query) || !whole || /[`\\\0]/u.test(query))
    yield ["ASSERT_QUERY", "The query is not one plain statement.", ONE];
  else if (!/^\s*(?:select|with)\b/iu.test(bare) || WRITING.test(bare))
    yield ["ASSERT_QUERY", "The query is no SELECT, or it writes or locks.", ONE];
  if (MOVING.test(bare) || literals.some(({ text }) => MOVING_WORD.test(text.trim())))
    yield ["ASSERT_QUERY", "The figure changes by itself.", AGAIN];
  const names = literals.some(
    ({ text, beside }) => looksLikeIdentifier(text) || (beside !== undefined && identities.has(beside.toLowerCase())),
  );
  if (names || /\S@\S/u.test(query)) yield ["ASSERT_IDENTIFIER", "The query seems to name a person.", NOBODY];
}

interface Literal {
  readonly text: string;
  /** The column it is compared with. */
  readonly beside?: string;
}

/** A text, a quoted name, a number, a comparison or a bracket; whatever else is passed over. */
const TOKEN =
  /'(?<text>(?:[^']|'')*)'|"(?<quoted>(?:[^"]|"")*)"|(?<number>\b\d[\d._]*\b)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<bracket>[()])|(?<sign>[^\s])/gu;
/** Between a column and what it is compared with. */
const BETWEEN = new Set(["in", "like", "ilike", "any", "not", "is", "between", "and", "e", "n", "u"]);

/** The statement without its texts, and what they say. `whole`: every quote and bracket has its other half. */
function partsOf(query: string): {
  readonly bare: string;
  readonly literals: readonly Literal[];
  readonly whole: boolean;
} {
  const literals: Literal[] = [];
  let depth = 0;
  let whole = !query.includes("$$");
  let column: string | undefined;
  for (const { groups = {} } of query.matchAll(TOKEN)) {
    const { text, quoted, number, word, bracket, sign } = groups;
    const literal = text?.replaceAll("''", "'") ?? number;
    if (literal !== undefined) literals.push({ text: literal, ...(column === undefined ? {} : { beside: column }) });
    else if (quoted !== undefined) {
      column = quoted;
      literals.push({ text: quoted });
    } else if (word !== undefined && !BETWEEN.has(word.toLowerCase())) column = word;
    else if (bracket !== undefined) {
      depth += bracket === "(" ? 1 : -1;
      if (depth < 0) whole = false;
    }
    if (sign === "'" || sign === '"') whole = false;
  }
  const bare = query.replaceAll(/'(?:[^']|'')*'/gu, "''").replaceAll(/"(?:[^"]|"")*"/gu, '""');
  return { bare, literals, whole: whole && depth === 0 };
}
