/** Every kind of letter in every language, from the ledger of a shop; and what no letter says. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../src/errors.ts";
import { refuseLetter } from "../../src/letters/may-be-written.ts";
import { summarise, type Summary } from "../../src/reports/summary.ts";
import { LETTER_KINDS, type LetterKind } from "../../src/letters/kinds.ts";
import { letter } from "../../src/letters/letter.ts";
import { type Language, LANGUAGES } from "../../src/model/in-languages.ts";
import { stopRequest } from "../../src/requests/end-request.ts";
import { recordIdentity } from "../../src/requests/record-identity.ts";
import { ANN, BOB, CAY, type Letters, MAP, openLetters } from "./house.ts";
import { violations } from "../support/accessibility.ts";

let shop: Letters;
/** A request for which each kind is due on 10 September 2026. */
let due: Readonly<Record<LetterKind, string>>;
const DAY = "2026-09-10";

async function opened(who: object, identity = true): Promise<string> {
  return await shop.on("2026-09-03").open(who, { received: "2026-09-03", identity });
}

/** A record type of which one record was erased. */
const LINE: Summary["systems"][number] = {
  system: "shop",
  record: "people",
  operation: "erase",
  status: "deleted",
  found: 1,
  matched: 1,
  affected: 1,
  gone: 1,
  deleted: 1,
  changed: 0,
  unsorted: 0,
  already_gone: 0,
  own: 0,
  kept: 0,
  minimised: 0,
  waiting: 0,
  blocked: 0,
  failed: 0,
  untold: 0,
  reason: null,
  attempts: 1,
  connector: null,
  started: "",
  finished: "",
  until: null,
  law: [],
  restricted: false,
  verified: null,
};

beforeAll(async () => {
  shop = await openLetters();
  const ids = {
    ack: await opened({ email: "dan@shop.example" }, false),
    identity: await opened({ email: "eve@shop.example" }, false),
    extension: await opened({ email: "fay@shop.example" }),
    partial: await opened(CAY),
    final: await opened(BOB),
    refusal: await opened({ email: "gus@shop.example" }),
  };
  await recordIdentity(shop.on("2026-09-05").context, ids.identity, "letter", "more_needed");
  await shop.extend("2026-09-06", ids.extension);
  await shop.erase("2026-09-07", ids.partial);
  await shop.erase("2026-09-08", ids.final);
  await stopRequest(shop.on("2026-09-09").context, ids.refusal, "refused", {
    reason: "excessive",
    timezone: "Europe/Berlin",
  });
  due = ids;
});

afterAll(async () => await shop[Symbol.asyncDispose]());

it("a refusal and a part done name authorities and articles of the regime that counts", async () => {
  const controller = {
    name: "Harbour",
    contact: "privacy@harbour.example",
    calendar: { timezone: "UTC", regime: "ccpa", holidays: [] },
  };
  await using there = await openLetters({ ...MAP, controller });
  const id = await there.on("2026-09-03").open(BOB, { received: "2026-09-03", identity: true });
  await stopRequest(there.on("2026-09-09").context, id, "refused", { reason: "excessive", timezone: "UTC" });
  for (const language of LANGUAGES) {
    const { text } = await there.write(DAY, id, "refusal", { language });
    const read = text.replaceAll(/\s+/gu, " ");
    expect(read).toContain("California Privacy Protection Agency");
    expect(read).not.toMatch(/GDPR|DSGVO|RGPD|supervisory|Aufsichtsbehörde|autorité de contrôle/u);
  }
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => "it was written",
    (thrown: unknown) => thrown,
  );
  return error instanceof Failure ? `${error.code} ${error.exit}: ${error.message}` : String(error);
}

describe("every letter", () => {
  for (const language of LANGUAGES) {
    it(`in ${language} reads as it did (write it anew with vitest --update)`, async () => {
      const parts: string[] = [];
      for (const kind of LETTER_KINDS)
        parts.push(`######## ${kind}\n\n${(await shop.write(DAY, due[kind], kind, { language })).text}`);
      await expect(parts.join("\n")).toMatchFileSnapshot(`letters.${language}.txt`);
    });

    it(`in ${language} gives axe nothing to find`, async () => {
      const { text: page } = await shop.write(DAY, due.partial, "partial", { language, format: "html" });
      expect(await violations(page)).toEqual([]);
    });

    for (const kind of LETTER_KINDS) {
      it(`${kind} in ${language} is one page without script or foreign file, with a title, one first heading, and the text's words`, async () => {
        const { text: page } = await shop.write(DAY, due[kind], kind, { language, format: "html" });
        const { text } = await shop.write(DAY, due[kind], kind, { language });
        expect(page).toContain(`<html lang="${language}">`);
        expect(page.match(/<h1>/gu)).toHaveLength(1);
        const title = /<title>(?<title>[^<]+)<\/title>/u.exec(page)?.groups?.["title"];
        expect(title).toBe(/<h1>(?<title>[^<]+)<\/h1>/u.exec(page)?.groups?.["title"]);
        expect(page).toContain("Content-Security-Policy");
        expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|javascript:/iu);
        for (const told of [page, text]) {
          expect(told).toContain(due[kind]);
          expect(told).toContain("privacy@harbour.example");
          expect(told).not.toMatch(/\{\{|\{%|%\}|\}\}|undefined|null|NaN|\[object|shop\.example|s_[0-9a-f]{8}|\p{Co}/u);
        }
        const words = (markup: string): string => markup.replaceAll("&#39;", "'").replaceAll(/\s+/gu, " ");
        const body = words(page.slice(page.indexOf("<main>")).replaceAll(/<[^>]+>/gu, " "));
        for (const line of words(text.replaceAll(/^[-=]+$/gmu, "").replaceAll(/^- /gmu, "")).split(/(?<=[.:]) /u))
          expect(body).toContain(line.trim().split(" ").slice(-3).join(" "));
      });
    }
  }
});

describe("the final letter", () => {
  it("says what is kept, by which law, until when, what stands in backups until when, and where to complain", async () => {
    const { text, warnings } = await shop.write(DAY, due.final, "final");
    const flat = text.replaceAll(/\s+/gu, " ");
    expect(flat).toContain("- orders and invoices: 1 erased");
    expect(flat).toContain(
      "- orders and invoices: 1, because tax law requires invoices to be kept for 8 years (DE AO §147(3)-(4); DE UStG §14b(1)); until 31 December 2033. 1 of them was reduced to what is needed for that. We use them for nothing else.",
    );
    expect(flat).toContain("- backups: until 13 October 2026");
    expect(flat).toContain("An Authority (https://authority.example)");
    expect(warnings).toEqual([]);
    expect((await shop.write(DAY, due.final, "final", { format: "html" })).text).toContain(
      '<a href="https://authority.example">https://authority.example</a>',
    );
  });

  it("takes the statute's own words in English only; another language has words of its own for it", async () => {
    const { text } = await shop.write(DAY, due.final, "final", { language: "de" });
    expect(text).toContain("Bestellungen und Rechnungen: 1. Grund: das Gesetz verlangt es");
    expect(text).not.toContain("tax law");
  });

  it("leaves out backups whose day has passed", async () => {
    expect((await shop.write("2026-10-13", due.final, "final")).text).toContain("until 13 October 2026");
    expect((await shop.write("2026-10-14", due.final, "final")).text).not.toContain("backups");
  });

  it("is refused while something is open, and names it; partial tells of it", async () => {
    const said = await codeOf(shop.write(DAY, due.partial, "final"));
    expect(said).toMatch(/^STILL_OPEN 3: .*shop\.orders: 1 waiting \(the parcel is still on its way\)/u);
    const { text } = await shop.write(DAY, due.partial, "partial", { language: "fr" });
    expect(text).toContain("- commandes et factures (1). Motif : le colis est encore en route");
    expect(text.replaceAll(/\s+/gu, " ")).not.toContain("rien trouvé de plus");
  });

  it("is refused before anything was run, and partial too", async () => {
    expect(await codeOf(shop.write(DAY, due.extension, "final"))).toMatch(/^STILL_OPEN 3: .*nothing is planned/u);
    expect(await codeOf(shop.write(DAY, due.extension, "partial"))).toMatch(
      /^LETTER_NOT_DUE 3: .*nothing was done yet/u,
    );
  });

  it("is refused where the state says closed and the ledger does not", async () => {
    const { state } = shop.on(DAY).context;
    const id = await opened({ email: "hal@shop.example" });
    await state.atomically(async (tx) => await tx.requests.update(id, { state: "closed" }));
    expect(await codeOf(shop.write(DAY, id, "final"))).toMatch(
      /^STILL_OPEN 3: .*the ledger does not say that it is closed/u,
    );
  });

  it("of a refused request there is none, and no partial one; of a cancelled one there is no letter but the first", async () => {
    for (const kind of ["final", "partial", "identity", "extension"] as const)
      expect(await codeOf(shop.write(DAY, due.refusal, kind))).toMatch(/^LETTER_NOT_DUE 3: .*its letter is `refusal`/u);
    const id = await opened({ email: "ida@shop.example" });
    await stopRequest(shop.on(DAY).context, id, "cancelled", { reason: "withdrawn", timezone: "Europe/Berlin" });
    for (const kind of ["final", "partial", "identity", "extension", "refusal"] as const)
      expect(await codeOf(shop.write(DAY, id, kind))).toMatch(/^LETTER_NOT_DUE 3/u);
    expect(await codeOf(shop.write(DAY, id, "ack"))).toBe("it was written");
  });

  it("of what ended as partial there is none: what a person left or nobody could search has `partial` as its last letter", () => {
    const closed: Summary = {
      ...summarise([]),
      state: "closed",
      received: "2026-09-03",
      subjects: 1,
      verification: {
        at: "2026-09-08T10:00:00Z",
        residual: 0,
        new: 0,
        failed: 0,
        unverifiable: 0,
        gaps: 0,
        current: true,
      },
    };
    const approval = { exceptions: [], plan_digest: "", map_digest: "", rules_digest: null, excluded: 2, at: "" };
    const said = (kind: LetterKind, more: Partial<Summary>): string => {
      const summary = { ...closed, systems: [LINE], ...more };
      try {
        refuseLetter(kind, { request: "R-2026-0001", summary, expired: 0, open: [] });
        return "it may be written";
      } catch (error) {
        return error instanceof Failure ? `${error.code}: ${error.message}` : String(error);
      }
    };
    const ways: readonly [Partial<Summary>, string][] = [
      [{ not_searched: [{ system: "shop", record: "leads" }] }, "1 not searched"],
      [{ gaps_accepted: 3 }, "3 gaps accepted"],
      [{ systems: [{ ...LINE, brought_back: 1 }] }, "1 brought back"],
      [{ approval }, "2 left out by a person"],
    ];
    for (const [more, why] of ways) {
      expect(said("final", more)).toBe(
        `LETTER_NOT_DUE: R-2026-0001: it ended as partial (${why}): its last letter is \`partial\``,
      );
      expect(said("partial", more)).toBe("it may be written");
    }
    expect(said("final", {})).toBe("it may be written");
    expect(said("partial", {})).toMatch(/^LETTER_NOT_DUE: .*nothing of it is left/u);
    for (const [more, code] of [
      [{ verification: null }, "STILL_OPEN"],
      [{ totals: { ...closed.totals, failed: 1 } }, "STILL_OPEN"],
      [{ state: "partly_done" }, "STILL_OPEN"],
    ] as const)
      expect(said("final", more)).toContain(code);
  });

  it("is refused where entries of the ledger have expired: nobody knows what they told", () => {
    const summary = { ...summarise([]), received: "2026-09-03", state: "closed" };
    expect(() => refuseLetter("final", { request: "R-1", summary, expired: 2, open: [] })).toThrow(
      "2 entries of the ledger have no content any more",
    );
  });

  it("of several people there is none: each would read the others' counts", async () => {
    const id = await opened([ANN, { email: "jo@shop.example" }], false);
    await using house = await openLetters();
    const batch = await house.on("2026-09-03").open([ANN, BOB], { batch: true });
    await house.erase("2026-09-04", batch);
    for (const kind of ["final", "partial"] as const)
      expect(await codeOf(house.write(DAY, batch, kind))).toMatch(/^LETTER_NOT_DUE 3: .*about 2 people/u);
    expect(id).toMatch(/^R-/u);
  });
});

describe("a letter that is not due", () => {
  it("is refused: no identity is asked for that is confirmed, no extension told that nobody made, no refusal of what is open", async () => {
    expect(await codeOf(shop.write(DAY, due.extension, "identity"))).toMatch(
      /^LETTER_NOT_DUE 3: .*identity is confirmed/u,
    );
    expect(await codeOf(shop.write(DAY, due.ack, "extension"))).toMatch(/^LETTER_NOT_DUE 3: .*nobody has extended/u);
    expect(await codeOf(shop.write(DAY, due.ack, "refusal"))).toMatch(/^LETTER_NOT_DUE 3: .*was not refused/u);
  });

  it("promises no day that has passed, nor one that stands still", async () => {
    expect((await shop.write("2026-10-05", due.ack, "ack")).text).toContain("by 5 October 2026");
    expect((await shop.write("2026-10-06", due.ack, "ack")).text).not.toContain("October 2026. Should");
    const { text } = await shop.write(DAY, due.identity, "ack");
    expect(text).not.toContain("5 October");
    expect(text).toContain("stands still");
  });
});

describe("what the last look saw", () => {
  const at = "2026-09-08T10:00:00Z";
  const look = { at, residual: 0, new: 0, failed: 0, unverifiable: 0, gaps: 0, current: true };
  const seen = {
    by: "verification",
    result: "pass",
    residual: 0,
    gone: 0,
    method: "requery",
    reason: null,
    at,
  } as const;
  const kept = {
    system: "shop",
    record: "people",
    count: 2,
    minimised: 0,
    reason: "retention",
    until: "2033-12-31",
    law: ["DE AO"],
    restricted: false,
  };

  async function told(more: Partial<Summary>, language: Language): Promise<string> {
    const summary: Summary = { ...summarise([]), state: "partly_done", verification: look, ...more };
    const controller = { name: "Tea", contact: "privacy@tea.example" };
    const sources = { request: "R-1", summary, language, today: "2026-09-10", controller, words: undefined };
    const text = readFileSync(`manifests/letters/partial.${language}.liquid`, "utf8");
    const more2 = { refusal: undefined, dayOf: (instant: string) => instant.slice(0, 10) };
    return (await letter({ ...sources, ...more2 }, { text: { name: "partial", text } }, "txt")).replaceAll(
      /\s+/gu,
      " ",
    );
  }

  const NO_MORE = { en: "found no more", de: "nichts weiter gefunden", fr: "rien trouvé de plus" };
  const ways: readonly [string, Partial<Summary>, Readonly<Record<Language, string>>][] = [
    [
      "something still there",
      {
        systems: [{ ...LINE, verified: { ...seen, result: "fail", residual: 3, reason: "new_records" } }],
        verification: { ...look, residual: 3, failed: 1 },
      },
      { en: "- people (shop): 3 still there", de: "- people (shop): 3 noch da", fr: "- people (shop) (3) : encore là" },
    ],
    [
      "nothing, since it could not look",
      {
        systems: [{ ...LINE, verified: { ...seen, result: "unverifiable", reason: "system_unreachable" } }],
        verification: { ...look, unverifiable: 1 },
      },
      {
        en: "we do not know whether anything is left there: - people (shop)",
        de: "ob dort noch etwas steht: - people (shop)",
        fr: "s'il y reste quelque chose : - people (shop)",
      },
    ],
    [
      "kept records gone",
      {
        systems: [{ ...LINE, kept: 2, verified: { ...seen, result: "fail", gone: 1, reason: "kept_gone" } }],
        kept: [kept],
        vanished: [{ system: "shop", record: "people", count: 1, at }],
        verification: { ...look, failed: 1 },
      },
      {
        en: "- people (shop): 1. When we looked again it was not there any more, and we did not erase it.",
        de: "- people (shop): 1. Beim erneuten Nachsehen nicht mehr vorhanden, und nicht von uns gelöscht.",
        fr: "- people (shop) (1) : absent quand nous avons cherché de nouveau, sans avoir été effacé par nous.",
      },
    ],
    [
      "records of a run that told no result",
      {
        systems: [{ ...LINE, untold: 4, reason: "not_told" }],
        totals: { ...summarise([]).totals, untold: 4 },
      },
      {
        en: "- people (shop): 4, because our work on them was begun, and we do not know yet what came of it",
        de: "- people (shop): 4. Grund: die Arbeit daran ist begonnen",
        fr: "- people (shop) (4). Motif : le traitement a commencé",
      },
    ],
  ];
  for (const [what, more, words] of ways)
    for (const language of LANGUAGES)
      it(`was ${what}: the letter in ${language} says it, and never that there was no more`, async () => {
        const clean = await told({ systems: [{ ...LINE, verified: seen }] }, language);
        expect(clean).toContain(NO_MORE[language]);
        const text = await told(more, language);
        expect(text).toContain(words[language]);
        expect(text).not.toContain(NO_MORE[language]);
      });

  const DONE = { en: "A part of it is done", de: "Ein Teil ist getan", fr: "Une partie est faite" };
  const THEN = { en: "to be erased", de: "sind sie zu löschen", fr: "doivent être effacées" };
  const residue = [{ system: "shop", mechanism: "backups:b", gone_by: "2026-12-31" }];

  it.each(LANGUAGES)("says in %s that a part is done only where not everything was brought back", async (language) => {
    const back = { ...LINE, restorable: 0, brought_back: 1, status: "restored" } as const;
    expect(await told({ systems: [LINE], residue }, language)).toContain(DONE[language]);
    const none = await told({ systems: [back], residue }, language);
    expect(none).not.toContain(DONE[language]);
    // nothing of it is a copy of what was erased
    expect(none).not.toMatch(/2026-12-31|31 December|31\. Dezember|31 décembre/u);
    expect(await told({ systems: [back, { ...LINE, record: "orders" }], residue }, language)).toContain(DONE[language]);
  });

  it.each(LANGUAGES)("promises in %s no erasure of what a person left out", async (language) => {
    const of = { systems: [{ ...LINE, kept: 2, until: "2033-12-31" }], kept: [kept] };
    expect(await told(of, language)).toContain(THEN[language]);
    const approval = { exceptions: [], plan_digest: "", map_digest: "", rules_digest: null, excluded: 1, at: "" };
    const left = { ...of, approval, kept: [kept, { ...kept, reason: "excluded", until: null }] };
    expect(await told(left, language)).not.toContain(THEN[language]);
  });

  it("counts no record as kept that it saw gone", async () => {
    const text = await told(ways[2]?.[1] ?? {}, "en");
    expect(text).toContain("- people (shop): 1, because the law requires it (DE AO)");
    expect(text).not.toContain("people (shop): 2");
  });
});

describe("an extension", () => {
  it("promises no day that has passed, none while the time stands still, and no second extension", async () => {
    const { text } = await shop.write(DAY, due.extension, "extension");
    expect(text).toContain("You will have our answer by 3 December 2026");
    expect((await shop.write("2026-12-04", due.extension, "extension")).text).not.toContain("December 2026.");
    const ack = (await shop.write(DAY, due.extension, "ack")).text;
    expect(ack).toContain("by 3 December 2026");
    expect(ack).not.toContain("Should it take longer");
    const id = await opened({ email: "lea@shop.example" }, false);
    await shop.extend("2026-09-06", id);
    await recordIdentity(shop.on("2026-09-07").context, id, "letter", "more_needed");
    const paused = (await shop.write(DAY, id, "extension")).text;
    expect(paused).toContain("stands still");
    expect(paused).not.toContain("December");
  });
});

describe("a refusal", () => {
  it("says a person's own words only where the ledger binds them", async () => {
    const id = await opened({ email: "kim@shop.example" });
    await stopRequest(shop.on("2026-09-09").context, id, "refused", {
      reason: "The account belongs to a company",
      timezone: "Europe/Berlin",
    });
    expect((await shop.write(DAY, id, "refusal")).text.replaceAll(/\s+/gu, " ")).toContain(
      "because The account belongs to a company.",
    );
    const { state } = shop.on(DAY).context;
    await state.atomically(async (tx) => await tx.requests.update(id, { reason: "Something else" }));
    const { text } = await shop.write(DAY, id, "refusal");
    expect(text).not.toContain("Something else");
    expect(text.replaceAll(/\s+/gu, " ")).toContain("Write to privacy@harbour.example for the reasons.");
  });
});

describe("another data map", () => {
  it("gives a letter no words: records are called as the ledger calls them, and the officer is told", async () => {
    const { map } = shop.on(DAY).context;
    const other = {
      ...map,
      digest: "0".repeat(64),
      systems: map.systems.map((system) => ({
        ...system,
        records: system.records.map((record) => ({
          ...record,
          called: "new words",
          calledIn: {},
          cascades: [],
          do: "erase" as const,
        })),
      })),
    };
    const { text, warnings } = await shop.write(DAY, due.final, "final", { map: other });
    expect(text).toContain("- orders (shop): 1 erased");
    expect(text).not.toContain("new words");
    expect(text.replaceAll(/\s+/gu, " ")).toContain("because the law requires it (DE AO §147(3)-(4); DE UStG §14b(1))");
    expect(warnings).toEqual([expect.stringContaining("not the one that was approved")]);
  });

  it("that only has other bytes still lends its words", async () => {
    const { map } = shop.on(DAY).context;
    const { text } = await shop.write(DAY, due.final, "final", { map: { ...map, digest: "0".repeat(64) } });
    expect(text).toContain("- orders and invoices: 1 erased");
  });

  it("without an authority the letter speaks of one in general, and says so to the officer", async () => {
    const { map } = shop.on(DAY).context;
    const { authority: _, ...controller } = map.controller;
    const { text, warnings } = await shop.write(DAY, due.final, "final", { map: { ...map, controller } });
    expect(text.replaceAll(/\s+/gu, " ")).toContain("complain to a supervisory authority, for example where you live");
    expect(warnings).toEqual([expect.stringContaining("controller.authority")]);
  });
});

describe("hostile names", () => {
  const HOSTILE =
    '<script>alert("1")</script> & {{ controller.name }} {% raw %}\u202E\n# A title\n- ann@shop.example +491701234567';

  it("are text: no tag, no template, no heading, no address or number of a person", async () => {
    const { shop: system } = MAP.systems;
    const records = {
      orders: { ...system.records.orders, called: HOSTILE },
      people: { ...system.records.people, called: HOSTILE },
    };
    const controller = {
      name: HOSTILE,
      contact: "privacy@harbour.example",
      authority: { name: HOSTILE, url: 'https://authority.example/"><b>' },
      calendar: { timezone: "Europe/Berlin", holidays: [] },
    };
    await using house = await openLetters({
      ...MAP,
      controller,
      systems: { ...MAP.systems, shop: { ...system, records } },
    });
    const id = await house.on("2026-09-03").open(BOB, { received: "2026-09-03" });
    await house.erase("2026-09-04", id);
    const { text: page } = await house.write(DAY, id, "final", { format: "html" });
    expect(page).not.toMatch(/<script|<b>|\u202E/u);
    expect(page).toContain(
      "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; {{ controller.name }} {% raw %}? # A title - … …: 1 erased",
    );
    expect(page.match(/<h1>/gu)).toHaveLength(1);
    const { text } = await house.write(DAY, id, "final");
    expect(text).not.toMatch(/^# A title|ann@shop\.example \+49|\u202E/mu);
    expect(page + text).not.toMatch(/ann@|4917/u);
  });
});

describe("templates of the officer's own", () => {
  function folder(files: Readonly<Record<string, string>>): { readonly path: string } & Disposable {
    const path = mkdtempSync(join(tmpdir(), "expunge-letters-"));
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  }

  it("stand instead of those that ship, one by one, and serve both formats", async () => {
    using own = folder({ "ack.en.liquid": "# Dear customer\n\nWe have {{ request }} of {{ received }}." });
    const text = await shop.write(DAY, due.ack, "ack", { templates: own.path });
    expect(text.text).toBe(`Dear customer\n=============\n\nWe have ${due.ack} of 3 September 2026.\n`);
    const page = await shop.write(DAY, due.ack, "ack", { templates: own.path, format: "html" });
    expect(page.text).toContain("<h1>Dear customer</h1>");
    const german = await shop.write(DAY, due.ack, "ack", { templates: own.path, language: "de" });
    expect(german.text).toContain("ist eingegangen");
    const none = await shop.write(DAY, due.ack, "ack", { templates: join(own.path, "nowhere") });
    expect(none.text).toContain("We have received your request");
  });

  it("may be a whole page, in which values are escaped unless the template says otherwise", async () => {
    using own = folder({
      "final.en.html.liquid":
        "<p>{{ controller.name }}: {{ '<i>' }}</p>{% for line in kept %}<b>{{ line.law }}</b>{% endfor %}",
    });
    const { map } = shop.on(DAY).context;
    const hostile = { ...map, controller: { ...map.controller, name: "<b>Tea & Co" } };
    const page = await shop.write(DAY, due.final, "final", { templates: own.path, format: "html", map: hostile });
    expect(page.text).toBe("<p>&lt;b&gt;Tea &amp; Co: &lt;i&gt;</p><b>DE AO §147(3)-(4); DE UStG §14b(1)</b>");
    expect((await shop.write(DAY, due.final, "final", { templates: own.path })).text).toContain("What we must keep");
  });

  const MISTAKES: readonly [string, string][] = [
    ["a name that there is not", "{{ customer.email }}"],
    ["a filter that there is not", "{{ request | shout }}"],
    ["a tag that is not closed", "{% if closed %}yes"],
    ["another file", "{% include 'ack.de' %}"],
    ["a file of the machine", "{% render '/etc/passwd' %}"],
    ["what every object has", "{{ controller.constructor.name }}"],
    ["no end", "{% for a in (1..100000000) %}{{ a }}{% endfor %}"],
  ];
  for (const [what, text] of MISTAKES) {
    it(`with ${what} are refused with their name (65), and nothing is written`, async () => {
      using own = folder({ "ack.en.liquid": text });
      expect(await codeOf(shop.write(DAY, due.ack, "ack", { templates: own.path }))).toMatch(
        /^LETTER_TEMPLATE 65: .*ack\.en\.liquid: .+/u,
      );
    });
  }
});
