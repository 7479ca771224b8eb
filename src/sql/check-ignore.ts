import { ignoreFits } from "../model/ignore.ts";
import { nearest } from "../model/nearest.ts";
import type { SystemBlock } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";

/** Entries of `map.ignore` that fit no table and no column of a table: what they were meant to declare is not declared. */
export async function* unusedIgnores(
  block: SystemBlock,
  names: readonly string[],
  isColumn: (entry: string) => boolean | Promise<boolean>,
): AsyncGenerator<Finding> {
  for (const entry of block.ignore ?? []) {
    if (names.some((name) => ignoreFits(entry, name)) || (await isColumn(entry))) continue;
    const meant = nearest(entry, names);
    yield {
      code: "IGNORE_UNUSED",
      severity: "warning",
      record: `${block.name}.${entry}`,
      message: "nothing there fits this entry of map.ignore",
      ...(meant === undefined ? {} : { help: `Did you mean \`${block.name}.${meant}\`?` }),
    };
  }
}
