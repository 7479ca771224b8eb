import { Failure } from "../errors.ts";
import type { Assertion } from "../model/assertion.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Readers } from "./readers.ts";

/** Reads every figure of these record types' systems once, so that a query that cannot be compared is known before anything is done. Throws with its place in the data map. */
export async function tryAssertions(map: DataMap, readers: Readers, types: readonly RecordType[]): Promise<void> {
  const names = new Set(types.map(({ system }) => system));
  for (const { name: system, assertions = [] } of map.systems)
    if (names.has(system)) for (const assertion of assertions) await figureOf(map, readers, { system, assertion });
}

/** As a keyed digest. */
export async function figureOf(
  map: DataMap,
  readers: Readers,
  { system, assertion }: { readonly system: string; readonly assertion: Assertion },
): Promise<string> {
  try {
    const reader = await readers.of(system);
    if (reader.figure === undefined)
      throw new Failure("ASSERTION_REFUSED", `${system}: ${assertion.name}: this kind of system gives no figures`);
    return await reader.figure(assertion);
  } catch (error) {
    if (!(error instanceof Failure) || error.at !== undefined || error.code === "INTERRUPTED") throw error;
    const { code, message, help, details } = error;
    const { line, column } = assertion.at;
    throw new Failure(code, message, { help, details, at: `${map.file}:${line}:${column}` });
  }
}
