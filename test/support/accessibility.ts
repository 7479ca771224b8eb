import axe from "axe-core";
import { JSDOM } from "jsdom";

/** What axe finds wrong with a page; colours are looked at apart, since nothing is painted here. */
export async function violations(page: string): Promise<readonly string[]> {
  const { window } = new JSDOM(page, { runScripts: "outside-only" });
  window.eval(axe.source);
  const found: unknown = await window.eval(
    'axe.run(document, { rules: { "color-contrast": { enabled: false } }, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then(({ violations, passes }) => JSON.stringify({ violations: violations.map(({ id }) => id), passes: passes.length }))',
  );
  const { violations: wrong, passes } = JSON.parse(String(found)) as { violations: string[]; passes: number };
  if (passes <= 10) throw new Error("axe looked at nothing, and so found nothing");
  return wrong;
}
