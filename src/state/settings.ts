import { one, type Sql, stored, text, toStored } from "./sql.ts";

export interface StandingRecord {
  /** Digest of the rules. */
  readonly meaning: string;
  /** Instant. */
  readonly at: string;
}

/** What the state knows beside its rows. */
export interface Settings {
  /** The ledger's last head that this state saw. */
  readonly ledger: { readonly size: number; /** Hex; none from an earlier version. */ readonly root?: string };
  /** Marks of the keys that this workspace was made with. */
  readonly keys: { readonly pseudonym: string; readonly sealing: string };
  /** By the records that a standing approval names: what its rules meant when it was agreed to. */
  readonly standing: Readonly<Record<string, StandingRecord>>;
  /** Digest of the data map that the ledger was last told of. */
  readonly map: string;
  /** Something was destroyed since the database's traces of deleted rows were last cut. */
  readonly traces: true;
  /** What a rehearsal planted and did not take away yet, sealed, in base64. */
  readonly planted: string;
}

export async function setting<K extends keyof Settings>(sql: Sql, name: K): Promise<Settings[K] | undefined> {
  const row = await one(sql, "select value from setting where name = ?", [name]);
  return row === undefined ? undefined : stored<Settings[K]>(text(row, "value"));
}

export async function set<K extends keyof Settings>(sql: Sql, name: K, value: Settings[K] | undefined): Promise<void> {
  if (value === undefined) await sql.run("delete from setting where name = ?", [name]);
  else
    await sql.run(
      "insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
      [name, toStored(value)],
    );
}
