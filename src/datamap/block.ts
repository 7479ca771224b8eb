/** Values of a data map of which nobody knows yet what they are. */
import type { Path } from "./source.ts";

export function isBlock(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((above, step) => {
    if (Array.isArray(above)) {
      const item: unknown = typeof step === "number" ? above[step] : undefined;
      return item;
    }
    return isBlock(above) && Object.hasOwn(above, step) ? above[step] : undefined;
  }, value);
}
