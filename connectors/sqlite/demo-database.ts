/** For the demo: a database made and read as its own application would, beside the connector. */
import { DatabaseSync } from "node:sqlite";
import { quoted } from "./database.ts";

/** Makes a database of these statements where there is none. */
export function makeDatabase(path: string, statements: string): void {
  using database = new DatabaseSync(path);
  database.exec(statements);
}

/** Every row of every table, as a line. */
export function linesOf(path: string): readonly string[] {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'ticket_words%'",
    )
    .all();
  return tables.flatMap(({ name }) =>
    database
      .prepare(`SELECT * FROM ${quoted(String(name))}`)
      .all()
      .map((row) => JSON.stringify([name, ...Object.values(row)])),
  );
}
