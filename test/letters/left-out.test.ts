import { expect, it } from "vitest";
import { planRequest } from "../../src/requests/plan-request.ts";
import { recordsOf } from "../../src/requests/show-records.ts";
import { ANN, openLetters } from "./house.ts";

const WORDS = {
  en: { keeps: "What we keep", must: "must keep", why: "decided so", after: "to be erased", never: "by itself" },
  de: {
    keeps: "Was wir behalten",
    must: "aufbewahren müssen",
    why: "Grund: ",
    after: "sind sie zu löschen",
    never: "nicht von selbst",
  },
  fr: {
    keeps: "Ce que nous conservons",
    must: "devons conserver",
    why: "Motif",
    after: "effacées ensuite",
    never: "pas fin de soi-même",
  },
} as const;

it("what a person left out is said as kept by choice: no letter says that it must be, nor that it goes one day", async () => {
  await using shop = await openLetters();
  const then = shop.on("2026-09-07");
  const id = await then.open(ANN);
  const plan = await then.plan(id);
  const { records } = await recordsOf(then.context, plan);
  const order = records.find(({ record }) => record === "orders");
  const reason = "part of an open claim";
  await planRequest(then.context, id, { excluding: { except: [order?.handle ?? ""], include: [], reason } });
  await then.approve(id);
  await then.run(id);
  await then.verify(id);
  await shop.on("2026-09-08").verify(id);
  for (const language of ["en", "de", "fr"] as const) {
    const { text } = await shop.write("2026-09-09", id, "partial", { language });
    const { keeps, must, why, after: promise, never } = WORDS[language];
    for (const there of [keeps, why, never]) expect(text).toContain(there);
    for (const untrue of [must, promise]) expect(text).not.toContain(untrue);
  }
});
