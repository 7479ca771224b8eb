/** How well a draft finds the personal columns of a schema that somebody labelled. */
import { Client } from "pg";
import { connector } from "../../connectors/postgres/connector.ts";
import { draft } from "../../src/drafting/draft.ts";
import type { Proposal, SurveyedSystem } from "../../src/drafting/proposal.ts";
import type { Store } from "../../src/model/structure.ts";
import { testIO } from "../support/io.ts";
import { postgresServer } from "../support/servers/servers.ts";

/** `table.column` a line; what stands behind a hash is for people. */
export function labelsIn(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*$/u, "").trim())
    .filter((line) => line !== "");
}

/** The stores of a schema, as the server tells them that took its statements. */
export async function storesOf(name: string, sql: string): Promise<readonly Store[]> {
  const made = await (await postgresServer()).createDatabase(name);
  const client = new Client({ connectionString: made.adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
  const system = connector.configure({
    name: "app",
    kind: "postgres",
    rank: "source",
    connect: { secret: "app_db" },
    feeds: [],
    session: {},
    records: [],
    covers: [],
    at: { line: 1, column: 1 },
  });
  const survey = await system.openSurvey?.(testIO({ secrets: { app_db: made.adminUrl } }));
  if (survey === undefined) throw new Error("postgres cannot be surveyed");
  await using opened = survey;
  return await Array.fromAsync(opened.stores([]));
}

export function surveyedAs(stores: readonly Store[], more: Partial<SurveyedSystem> = {}): SurveyedSystem {
  return {
    name: "app",
    kind: "postgres",
    connect: { secret: "app_db" },
    stores,
    samples: new Map(),
    actions: ["erase", "anonymise", "redact", "unlink", "soft-delete", "keep"],
    ...more,
  };
}

export interface Score {
  readonly recall: number;
  readonly precision: number;
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/** Labels that name no column are an error: a label that nothing can find would count as missed. */
export function scored(stores: readonly Store[], labels: readonly string[]): Score & { readonly proposal: Proposal } {
  const known = new Set(stores.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`)));
  const lost = labels.filter((label) => !known.has(label));
  if (lost.length > 0) throw new Error(`no such column: ${lost.join(", ")}`);
  const proposal = draft([surveyedAs(stores)]);
  const found = new Set(
    [...proposal.records, ...proposal.unplaced].flatMap(({ store, personal }) =>
      personal.map(({ column }) => `${store.name}.${column}`),
    ),
  );
  const wanted = new Set(labels);
  const hits = [...found].filter((one) => wanted.has(one)).length;
  return {
    recall: wanted.size === 0 ? 1 : hits / wanted.size,
    precision: found.size === 0 ? 1 : hits / found.size,
    missed: [...wanted].filter((one) => !found.has(one)),
    wrong: [...found].filter((one) => !wanted.has(one)),
    proposal,
  };
}
