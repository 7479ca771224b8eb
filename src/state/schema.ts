/** The tables of the state. One text for both databases; the words in which they differ are given. */

export const SCHEMA_VERSION = 3;

/** Words of a database. */
export interface Dialect {
  readonly blob: string;
  readonly integer: string;
  /** Behind each table. */
  readonly strict: string;
  /** Statements before the first table. */
  readonly before: readonly string[];
  /** Statements after which rows of the table are never deleted, and these columns never changed, even by us. */
  fixed(table: string, columns: readonly string[]): readonly string[];
}

/** Tables that version 2 has not got. */
export const SINCE_2 = [
  "begun",
  "image_key",
  "image",
  "undo",
  "legal_hold",
  "legal_hold_key",
  "legal_hold_sealed",
] as const;

/** A table of this version, by its name. */
export function table(name: keyof typeof COLUMNS, { blob, integer, strict }: Dialect): string {
  return `create table ${name} (${COLUMNS[name].replaceAll("BLOB", blob).replaceAll("INTEGER", integer)})${strict}`;
}

export function schema(dialect: Dialect): readonly string[] {
  const names: readonly (keyof typeof COLUMNS)[] = [
    "counter",
    "setting",
    "request",
    "request_key",
    "sealed",
    "plan",
    "approval",
    "unit",
    "note",
    "receipt",
    "outbox",
    "lease",
    "held_key",
    "held",
    ...SINCE_2,
  ];
  return [
    ...dialect.before,
    ...names.map((name) => table(name, dialect)),
    "create index outbox_open on outbox (seq) where sealed = 0",
  ];
}

const COLUMNS = {
  counter: "name text primary key, value INTEGER not null",
  /** What the state knows beside its rows: `ledger`, the ledger's last head; `traces`, that deleted rows are to be cut. */
  setting: "name text primary key, value text not null",
  request: "id text primary key, body text not null, state text not null",
  request_key: "request text primary key, wrapped BLOB not null",
  sealed:
    "request text not null, name text not null, seq INTEGER not null, bytes BLOB not null, primary key (request, name, seq)",
  plan: "id text primary key, request text not null, body text not null, made_at text not null, completed_at text, result text, verified text",
  approval: "plan text primary key, body text not null",
  unit: `plan text not null, id text not null, seq INTEGER not null, phase INTEGER not null, system text not null, steps text not null, after text not null,
  state text not null, primary key (plan, id)`,
  note: "plan text not null, unit text not null, seq INTEGER not null, text text not null, primary key (plan, unit, seq)",
  receipt:
    "plan text not null, step text not null, attempt INTEGER not null, body text not null, primary key (plan, step, attempt)",
  outbox: "id text primary key, seq INTEGER not null, entry text not null, sealed INTEGER not null default 0",
  /** `until`: milliseconds since 1970, by the database's clock. */
  lease:
    "name text primary key, owner text not null, host text not null, fence INTEGER not null, until INTEGER not null",
  held_key: "request text primary key, wrapped BLOB not null",
  /** When the first run of a plan began: what its marks are dated by. */
  begun: "plan text primary key, at text not null",
  /** A plan's own, so that what `undo` needs ends on another day than the rest. */
  image_key: "request text not null, plan text not null, wrapped BLOB not null, primary key (request, plan)",
  image:
    "request text not null, plan text not null, step text not null, name text not null, bytes BLOB not null, primary key (request, plan, step, name)",
  undo: "id text primary key, request text not null, seq INTEGER not null, body text not null",
  held: "request text not null, system text not null, record text not null, until text not null, reason text not null, bytes BLOB not null",
  legal_hold: "id text primary key, body text not null",
  legal_hold_key: "hold text primary key, wrapped BLOB not null",
  legal_hold_sealed: "hold text not null, seq INTEGER not null, bytes BLOB not null, primary key (hold, seq)",
} as const;
