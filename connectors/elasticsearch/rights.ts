/** What this role may do; without it a search could leave out documents or indices and say nothing. */
import { Failure } from "../../src/errors.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { isMissingApi, type Answer, type Api, type About } from "./api.ts";
import type { ConcreteIndex } from "./indices.ts";
import { shown } from "../../src/model/shown.ts";
import { at, itemsOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";

const LOOK = ["read", "view_index_metadata"];
const ERASE = ["delete", "index", "maintenance"];

/** A role that may see part of a pattern is shown that part, as if it were all. */
export async function* patternRights(api: Api, target: Target, pattern: string): AsyncGenerator<Finding> {
  const patterns = pattern.split(",").filter((part) => part.includes("*") && !part.startsWith("-"));
  for (const { name, right } of await missing(api, patterns, LOOK)) {
    yield finding(
      target,
      "NOT_PERMITTED",
      `Pattern ${shown(name)}: the right ${right} does not cover the whole pattern, so indices may be hidden.`,
    );
  }
}

/** Throws NOT_PERMITTED or ROW_SECURITY where this role is shown less than there is. */
export async function assureWholeSight(
  api: Api,
  target: Target,
  pattern: string,
  indices: readonly ConcreteIndex[],
): Promise<void> {
  for await (const { code, message, help } of patternRights(api, target, pattern))
    throw sightFailure(api, code, message, help);
  for await (const { code, message, help } of hiddenParts(api, target, indices))
    throw sightFailure(api, code, message, help);
}

function sightFailure(api: Api, code: string, message: string, help: string | undefined): Failure {
  return new Failure(
    code === "ROW_SECURITY" ? code : "NOT_PERMITTED",
    `${api.system}: ${message}`,
    help === undefined ? {} : { help },
  );
}

export async function* indexRights(
  api: Api,
  target: Target,
  indices: readonly ConcreteIndex[],
  changes: boolean,
): AsyncGenerator<Finding> {
  const rights = [
    ...LOOK,
    "maintenance",
    ...(target.changes.rule?.kind === "delete" ? ["delete"] : []),
    ...(changes ? ["index"] : []),
  ];
  const names = indices.map(({ name }) => name);
  for (const { name, right } of await missing(api, names, rights))
    yield finding(target, "NOT_PERMITTED", `Index ${shown(name)}: the right ${right} is missing.`);
  yield* hiddenParts(api, target, indices);
}

async function* hiddenParts(api: Api, target: Target, indices: readonly ConcreteIndex[]): AsyncGenerator<Finding> {
  const names = indices.map(({ name }) => name);
  for (const name of await restricted(api, names)) {
    const help =
      "Use a role without document or field level security: what it hides cannot be erased, and a count would prove nothing.";
    yield {
      ...finding(
        target,
        "ROW_SECURITY",
        `Index ${shown(name)}: document or field level security hides part of it from this role.`,
      ),
      help,
    };
  }
}

function finding(target: Target, code: "NOT_PERMITTED" | "ROW_SECURITY", message: string): Finding {
  return { code, severity: "error", record: target.record.id, message };
}

async function missing(
  api: Api,
  names: readonly string[],
  rights: readonly string[],
): Promise<{ name: string; right: string }[]> {
  if (names.length === 0) return [];
  const body = JSON.stringify({ index: [{ names, privileges: rights }] });
  const said = await askSecurity(api, { method: "POST", path: "/_security/user/_has_privileges", body });
  return names.flatMap((name) =>
    rights
      .filter((right) => textOf(at(said?.body, "index", name, right)) === "false")
      .map((right) => ({ name, right })),
  );
}

/** Indices that this role sees only through a query, or only some fields of. */
async function restricted(api: Api, names: readonly string[]): Promise<string[]> {
  const said = await askSecurity(api, { method: "GET", path: "/_security/user/_privileges" });
  const grants = itemsOf(at(said?.body, "indices"));
  return names.filter((name) => {
    const about = grants.filter((grant) =>
      itemsOf(at(grant, "names")).some((pattern) => covers(textOf(pattern) ?? "", name)),
    );
    return about.some(isPartial) && !about.some((grant) => !isPartial(grant) && letsRead(grant));
  });
}

function isPartial(grant: JsonNode): boolean {
  return at(grant, "query") !== undefined || at(grant, "field_security") !== undefined;
}

function letsRead(grant: JsonNode): boolean {
  return itemsOf(at(grant, "privileges")).some((right) => textOf(right) === "read" || textOf(right) === "all");
}

/** Patterns of roles: `*` and `?`; one between slashes is a regular expression of the server, which may cover anything. */
function covers(pattern: string, name: string): boolean {
  if (pattern.startsWith("/")) return true;
  const glob = pattern
    .replace(/[.+^${}()|[\]\\]/gu, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${glob}$`, "u").test(name);
}

/** Undefined where the server has no security, or has it switched off. */
async function askSecurity(api: Api, call: Parameters<Api["send"]>[0]): Promise<Answer | undefined> {
  const about: About = { right: "read_security" };
  const answer = await api.send(call);
  if (isMissingApi(answer) || answer.status === 500) return undefined;
  return answer.status === 200 ? answer : await api.ask(call, about);
}

/** What these credentials may do with an index. */
export interface Rights {
  readonly read: boolean;
  readonly erase: boolean;
}

/** By index, as the server tells; undefined: it has no rights to tell of. */
export async function mayErase(api: Api, names: readonly string[]): Promise<ReadonlyMap<string, Rights> | undefined> {
  if (names.length === 0) return new Map();
  const body = JSON.stringify({ index: [{ names, privileges: [...LOOK, ...ERASE] }] });
  const said = await askSecurity(api, { method: "POST", path: "/_security/user/_has_privileges", body });
  if (said === undefined) return undefined;
  return new Map(
    names.map((name) => {
      const has = (right: string) => textOf(at(said.body, "index", name, right)) === "true";
      return [name, { read: LOOK.every(has), erase: ERASE.every(has) }];
    }),
  );
}
