import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { compare } from "../support/shop/compare.ts";
import { MARA, marksOfMara } from "../support/shop/people.ts";
import { openShop, type Shop } from "../support/shop/shop.ts";

let folder: string;
let shop: Shop;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "expunge-shop-"));
  shop = await openShop({ folder, count: 80, year: 2026 });
}, 600_000);

afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

test(
  "of one person nothing is left in four systems but the invoice that the law keeps, and everyone else's data is as it was",
  { timeout: 300_000 },
  async () => {
    const said: string[] = [];
    const expunge = async (args: string, stdin = "") => {
      const { output, exit } = await runProgram(args.split(" "), { cwd: folder, env: shop.secrets, stdin });
      said.push(output);
      expect(exit, `${args}:\n${output}`).toBe(0);
    };
    const before = await shop.dump();
    await expunge("init");
    await expunge("request new --subject-file -", JSON.stringify({ email: MARA.email }));
    const id = /R-\d{4}-\d{4}/u.exec(said.join(""))?.[0] ?? "";
    await expunge(`request identity ${id} --method login --result ok`);
    await expunge(`plan ${id}`);
    const planned = compare(before, await shop.dump());
    expect(planned.changed).toEqual([]);
    expect(planned.places.filter((place) => place.before !== place.left.length)).toEqual([]);
    await expunge(`approve ${id} --confirm ${id}`);
    await expunge(`run ${id} --confirm ${id}`);
    await expunge(`verify ${id}`);
    await expunge(`report ${id} --format json,html --out report`);
    await expunge(`proof verify report/${id}.report.json`);

    const { places, changed, othersSame } = compare(before, await shop.dump());
    expect(changed).toEqual([]);
    expect(othersSame).toBeGreaterThan(1000);
    expect(places.map(({ name }) => name.split(":")[0])).toEqual(
      expect.arrayContaining(["shop", "search", "exports", "marketing"]),
    );
    // of the kept invoice the address it was sent to is gone too
    expect(places.filter(({ left }) => left.length > 0)).toEqual([
      {
        name: "shop: invoices",
        before: 2,
        left: [
          expect.stringMatching(
            /^\(420002,42,420002,2025-420002,2025-03-14,"Mara Winter","Elbufer 42",Hamburg,,57\.00,10\.83\)$/u,
          ),
        ],
      },
    ]);
    const after = await shop.dump();
    const trail = after
      .get("shop")
      ?.get("customers_audit")
      ?.filter((row) => row.split(",")[1] === String(MARA.id));
    expect(trail?.length).toBe(4);
    expect(trail?.filter((row) => row.includes(`"expunge ${id}"`))).toHaveLength(1);
    expect(
      after
        .get("shop")
        ?.get("invoice_lines")
        ?.filter((row) => row.startsWith("(42000")),
    ).toHaveLength(2);

    expect(said.filter((output) => marksOfMara().test(output))).toEqual([]);
    const kept = readdirSync(join(folder, "report")).map((name) => readFileSync(join(folder, "report", name), "utf8"));
    expect(kept).toHaveLength(2);
    expect(kept.filter((text) => marksOfMara().test(text))).toEqual([]);
  },
);
