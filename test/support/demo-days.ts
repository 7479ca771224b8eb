/** The last part of `npm run demo`: thirty days by a test clock. Hidden at once, brought back, hidden again, gone on each day. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { linesOf, minus, withLifeCycle } from "./shop/life-cycle.ts";
import type { Shopper } from "./shop/people.ts";
import type { Shop } from "./shop/shop.ts";

export interface DemoDays {
  readonly shop: Shop;
  /** A folder that does not exist yet. */
  readonly folder: string;
  readonly people: { readonly maya: Shopper; readonly noah: Shopper; readonly lea: Shopper };
  /** ISO: day 0. */
  readonly day: string;
  /** Runs the program there; null where it did not end as it should. `silent`: what it says is not shown. */
  expunge(
    args: string,
    more: { cwd: string; now: string; stdin?: string; silent?: boolean; exits?: readonly number[] },
  ): Promise<string | null>;
  title(text: string): void;
  say(text: string): void;
}

/** True when every command ended as it should and other clients saw what was said. */
export async function days({ shop, folder, people, day, expunge, title, say }: DemoDays): Promise<boolean> {
  const { maya, noah, lea } = people;
  await withLifeCycle(shop, folder, [maya, noah, lea]);
  writeFileSync(join(folder, "maya.json"), `${JSON.stringify({ email: maya.email })}\n`, { mode: 0o600 });
  const on = (nth: number, more: { stdin?: string; silent?: boolean; exits?: readonly number[] } = {}) => ({
    cwd: folder,
    now: `${new Date(Date.parse(day) + nth * 86_400_000).toISOString().slice(0, 10)}T10:00:00Z`,
    ...more,
  });
  const seen = async () => linesOf(await shop.dump());
  const begun = await seen();
  /** The request's id. */
  const ask = async (): Promise<string | undefined> => {
    const made = await expunge("request new --subject-file -", on(0, { stdin: "maya.json", silent: true }));
    const id = /R-\d{4}-\d{4,}/u.exec(made ?? "")?.[0];
    const sure = `request identity ${id} --method login --result ok`;
    return id === undefined || (await expunge(sure, on(0, { silent: true }))) === null ? undefined : id;
  };
  /** Planned, approved, run. */
  const hide = async (nth: number, id: string): Promise<boolean> => {
    for (const args of [`plan ${id}`, `approve ${id} --confirm ${id}`])
      if ((await expunge(args, on(nth, { silent: true }))) === null) return false;
    return (await expunge(`run ${id} --confirm ${id}`, on(nth))) !== null;
  };
  /** What is due goes: first what the map lets go by itself, then what a person approves. */
  const due = async (nth: number): Promise<boolean> => {
    const night = await expunge("run --due", on(nth, { exits: [0, 3] }));
    const id = /expunge approve (?<id>D-\d{4}-\d{4,})/u.exec(night ?? "")?.groups?.["id"];
    if (night === null) return false;
    if (id === undefined) return true;
    if ((await expunge(`approve ${id} --confirm ${id}`, on(nth, { silent: true }))) === null) return false;
    return (await expunge(`run ${id} --confirm ${id}`, on(nth))) !== null;
  };

  title(`Thirty days by a test clock, day 0 is ${day}: ${maya.name} is hidden first, and gone later`);
  if ((await expunge("init", on(0, { silent: true }))) === null) return false;
  const first = await ask();
  if (first === undefined || !(await hide(0, first))) return false;
  const hidden = await seen();
  say(
    `\n  Day 0, other clients: ${changed(begun, hidden)} of her lines are hidden or gone, ${changed(others(begun, maya), others(hidden, maya))} of anybody else.`,
  );

  title("Day 3: she has changed her mind");
  if ((await expunge(`undo ${first} --confirm ${first}`, on(3))) === null) return false;
  const back = await seen();
  say(`\n  Other clients: ${changed(begun, back)} lines differ from day 0.`);

  title("Day 3, later: she wants it after all; her support tickets go 14 days on, her profile 30 days on");
  if (!(await hide(3, first)) || (await expunge("bin list", on(3))) === null) return false;
  title("Day 17: by night the tickets are due, and leads that nobody wrote to for 90 days (those without being asked)");
  if (!(await due(17))) return false;
  title("Day 33: the profile goes, in every system");
  if (!(await due(33))) return false;
  const ended = await expunge(`verify ${first}`, on(33, { exits: [0, 3] }));
  if (ended === null) return false;
  const hers = (await seen()).filter((line) => line.includes(maya.email) || line.includes(maya.name));
  say(
    `\n  Other clients: her name or address stands in ${hers.length} line${hers.length === 1 ? "" : "s"}: ${[...new Set(hers.map((line) => line.split(" ")[1]))].join(", ")} (kept by law until the end of its eighth year).`,
  );
  return (
    changed(begun, back) === 0 &&
    changed(others(begun, maya), others(hidden, maya)) === 0 &&
    hers.every((line) => line.startsWith("shop invoices "))
  );
}

function others(lines: readonly string[], { id, email, name }: Shopper): string[] {
  const hers = new RegExp(String.raw`\b${id}(?:0000)?\b`, "u");
  return lines.filter((line) => !line.includes(email) && !line.includes(name) && !hers.test(line));
}

/** How many of the first lines are not among the second. */
function changed(before: readonly string[], after: readonly string[]): number {
  return minus(before, after).length;
}
