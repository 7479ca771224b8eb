/** A letter from the ledger's entries, with what stands beside them: the map's words, the officer's templates. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../errors.ts";
import { commitWords } from "../ledger/commitment.ts";
import type { LetterFormat, LetterKind } from "../letters/kinds.ts";
import { letter, type LetterTemplates } from "../letters/letter.ts";
import { refuseLetter } from "../letters/may-be-written.ts";
import type { Template } from "../letters/render.ts";
import type { JsonObject } from "../model/json.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Language } from "../model/in-languages.ts";
import type { ErasureRequest } from "../model/request.ts";
import { masked } from "../model/shown.ts";
import { shipped } from "../package-files.ts";
import { expiredWords } from "../reports/report.ts";
import { summarise } from "../reports/summary.ts";
import { civilDateOf } from "../retention/civil-date.ts";
import type { Workspace } from "../workspace.ts";
import { deadlinesOf } from "./deadlines-of.ts";
import { letterWordsOf } from "./map-words.ts";
import { openThings } from "./open-things.ts";

export interface LetterOrder {
  readonly request: string;
  readonly kind: LetterKind;
  readonly language: Language;
  readonly format: LetterFormat;
  /** Folder of the officer's own templates; it need not be there. */
  readonly templates: string | undefined;
}

export interface Written {
  readonly text: string;
  /** What a reader should know before the letter is sent. */
  readonly warnings: readonly string[];
}

/** Throws NO_SUCH_REQUEST, STILL_OPEN, LETTER_NOT_DUE, LETTER_TEMPLATE. */
export async function writeLetter(
  { state, ledger, now }: Pick<Workspace, "state" | "ledger" | "now">,
  map: DataMap,
  { request: id, kind, language, format, templates }: LetterOrder,
): Promise<Written> {
  const request = await state.read.requests.get(id);
  deadlinesOf(request);
  const { entries, expired } = await ledger.entriesOf(id);
  const cores = entries.map(({ core }) => core);
  const summary = summarise(cores);
  refuseLetter(kind, { request: id, summary, expired: expired.own, open: await openThings(state.read, request) });
  const words = letterWordsOf(map, summary.approval, language);
  const { name, contact, authority, calendar } = map.controller;
  const text = await letter(
    {
      request: id,
      summary,
      language,
      today: civilDateOf(now(), calendar.timezone),
      dayOf: (instant) => civilDateOf(new Date(instant), calendar.timezone),
      controller: {
        name: masked(name),
        contact,
        ...(authority === undefined ? {} : { authority: { ...authority, name: masked(authority.name) } }),
      },
      words,
      refusal: reasonBoundBy(cores, request),
    },
    templatesFor(kind, language, templates),
    format,
  );
  const told = kind === "final" || kind === "partial";
  return {
    text,
    warnings: [
      ...(told ? expiredWords({ ...expired, own: 0 }) : []),
      ...(authority === undefined
        ? ["The data map names no supervisory authority (`controller.authority`): the letter speaks of one in general."]
        : []),
      ...(told && words === undefined
        ? [
            "The data map at hand is not the one that was approved: the letter calls records by their names in the ledger.",
          ]
        : []),
    ],
  };
}

/** What a person wrote when refusing, if the ledger's commitment is to these very words. */
function reasonBoundBy(cores: readonly JsonObject[], { reason, reasonSalt }: ErasureRequest): string | undefined {
  if (reason === undefined || reasonSalt === undefined) return undefined;
  const bound = cores.findLast(({ type }) => type === "request.refused")?.["words"];
  return bound === commitWords(Buffer.from(reasonSalt, "base64"), reason) ? reason : undefined;
}

/** The officer's own where there is one, else that which ships. */
function templatesFor(kind: LetterKind, language: Language, folder: string | undefined): LetterTemplates {
  const file = `${kind}.${language}.liquid`;
  const own = folder === undefined ? undefined : readTemplate(join(folder, file));
  const page = folder === undefined ? undefined : readTemplate(join(folder, `${kind}.${language}.html.liquid`));
  const text = own ?? readTemplate(shipped("manifests", "letters", file));
  if (text === undefined) throw new Failure("UNEXPECTED", `the program's own template ${file} was not found`);
  return { text, ...(page === undefined ? {} : { page }) };
}

function readTemplate(path: string): Template | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return { name: path, text: readFileSync(path, "utf8") };
  } catch {
    throw new Failure("LETTER_TEMPLATE", `${path} cannot be read`);
  }
}
