/** Records that a linter would not take, put back among what a person must place. */
import type { Issue } from "../model/datamap.ts";
import type { Proposal } from "./proposal.ts";

/** The proposal without the records that these issues stand in; undefined where they stand in none. */
export function withoutRecordsAt(
  proposal: Proposal,
  text: string,
  issues: readonly Pick<Issue, "line" | "code">[],
): Proposal | undefined {
  const lines = text.split("\n");
  const wrong = new Map<string, string>();
  for (const { line, code } of issues) {
    const above = (pattern: RegExp) => {
      for (let at = line - 1; at >= 0; at -= 1) {
        const found = pattern.exec(lines[at] ?? "")?.[1];
        if (found !== undefined) return found.startsWith('"') ? String(JSON.parse(found)) : found;
      }
      return undefined;
    };
    const [system, record] = [above(/^ {2}("[^"]*"|[^\s#]+):$/u), above(/^ {6}("[^"]*"|[^\s#]+):$/u)];
    if (system !== undefined && record !== undefined) wrong.set(`${system}.${record}`, code);
  }
  const out = proposal.records.filter(({ system, name }) => wrong.has(`${system}.${name}`));
  if (out.length === 0) return undefined;
  const gone = new Set(out);
  const names = new Set(out.map(({ system, name }) => `${system}.${name}`));
  return {
    ...proposal,
    identities: proposal.identities.filter(
      ({ foundIn }) => foundIn === undefined || !names.has(foundIn.split(".").slice(0, 2).join(".")),
    ),
    records: proposal.records.filter((record) => !gone.has(record)),
    unplaced: [
      ...proposal.unplaced,
      ...out.map(({ system, name, store, personal }) => ({
        system,
        store,
        personal,
        reason: `what was guessed of it does not lint (${wrong.get(`${system}.${name}`) ?? ""})`,
      })),
    ],
  };
}
