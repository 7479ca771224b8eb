import type { Eraser, Reader } from "./connector.ts";

/** A reader with some calls of its own; the others are those of the one below it. */
export function readerOver(reader: Reader, own: Partial<Reader>): Reader {
  return {
    site: async () => await reader.site(),
    check: (targets) => reader.check(targets),
    links: async (targets) => await reader.links(targets),
    writes: async (targets) => await reader.writes(targets),
    locate: (target, selection) => reader.locate(target, selection),
    references: (target, keys) => reader.references(target, keys),
    size: async (target) => await reader.size(target),
    ...(reader.imageBytes === undefined
      ? {}
      : { imageBytes: async (target, keys) => (await reader.imageBytes?.(target, keys)) ?? 0 }),
    remaining: (target, operation, lookups) => reader.remaining(target, operation, lookups),
    sweep: (values) => reader.sweep(values),
    residue: (target) => reader.residue(target),
    [Symbol.asyncDispose]: async () => await reader[Symbol.asyncDispose](),
    ...own,
  };
}

export function eraserOver(eraser: Eraser, own: Partial<Eraser>): Eraser {
  return {
    apply: async (unit, journal, guard) => await eraser.apply(unit, journal, guard),
    flushResidue: async (target) => await eraser.flushResidue(target),
    [Symbol.asyncDispose]: async () => await eraser[Symbol.asyncDispose](),
    ...own,
  };
}
