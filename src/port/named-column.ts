import { Failure } from "../errors.ts";

/** The column of the data map that a failure is about, where it said so: findings are placed at its line. */
export function namedColumn(error: unknown): { readonly column?: string } {
  const column: unknown =
    error instanceof Failure && typeof error.details === "object" && error.details !== null
      ? Reflect.get(error.details, "column")
      : undefined;
  return typeof column === "string" ? { column } : {};
}
