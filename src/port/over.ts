import type { Eraser, IO, Reader, Rehearsal, Survey, System } from "./connector.ts";

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
    ...figureOf(reader, async (ask) => await ask()),
    remaining: (target, operation, lookups) => reader.remaining(target, operation, lookups),
    sweep: (values) => reader.sweep(values),
    residue: (target) => reader.residue(target),
    [Symbol.asyncDispose]: async () => await reader[Symbol.asyncDispose](),
    ...own,
  };
}

/** A reader's `figure` with something around it; one that has none still has none. */
export function figureOf(
  { figure }: Pick<Reader, "figure">,
  around: (ask: () => Promise<string>) => Promise<string>,
): Pick<Reader, "figure"> {
  return figure === undefined ? {} : { figure: async (assertion) => await around(async () => await figure(assertion)) };
}

export function eraserOver(eraser: Eraser, own: Partial<Eraser>): Eraser {
  return {
    apply: async (unit, journal, guard) => await eraser.apply(unit, journal, guard),
    flushResidue: async (target) => await eraser.flushResidue(target),
    [Symbol.asyncDispose]: async () => await eraser[Symbol.asyncDispose](),
    ...own,
  };
}

export function surveyOver(survey: Survey, own: Partial<Survey>): Survey {
  return {
    stores: (within) => survey.stores(within),
    sample: async (store, most) => await survey.sample(store, most),
    [Symbol.asyncDispose]: async () => await survey[Symbol.asyncDispose](),
    ...own,
  };
}

/** How a system is surveyed with something around it; one that cannot be surveyed still cannot. */
export function surveyedBy(
  system: System,
  around: (io: IO, open: (io: IO) => Promise<Survey>) => Promise<Survey>,
): Pick<System, "openSurvey"> {
  const { openSurvey } = system;
  return openSurvey === undefined
    ? {}
    : { openSurvey: async (io) => await around(io, async (own) => await openSurvey(own)) };
}

/** How an erasure is tried with something around it; a system where it cannot be still cannot. */
export function rehearsedBy(
  { openRehearsal }: Pick<System, "openRehearsal">,
  around: (io: IO, open: (io: IO) => Promise<Rehearsal>) => Promise<Rehearsal>,
): Pick<System, "openRehearsal"> {
  return openRehearsal === undefined
    ? {}
    : { openRehearsal: async (io) => await around(io, async (own) => await openRehearsal(own)) };
}
