/** Copies that the server makes of an index by itself, as far as this role may see them. */
import type { Finding } from "../../src/model/search.ts";
import { isMissingApi, type Api } from "./api.ts";
import type { ConcreteIndex } from "./indices.ts";
import { shown } from "../../src/model/shown.ts";
import { at, itemsOf, membersOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";

/** A transform keeps an index of its own up to date; an enrich policy copies fields into one until it is executed again. */
export async function* copyFindings(
  api: Api,
  record: string,
  pattern: string,
  indices: readonly ConcreteIndex[],
): AsyncGenerator<Finding> {
  const means = new Set([...indices.map(({ name }) => name), ...pattern.split(",")]);
  const gap = (where: string, message: string, help: string): Finding => ({
    code: "GAP",
    severity: "warning",
    record,
    message,
    help,
    gap: { where, holdsIdentifier: false },
  });
  const isSource = (source: string) => [...means].some((name) => covers(source, name));
  const unlisted = (what: string) =>
    gap(
      what,
      `The ${what} of ${api.system} cannot be listed: whether one of them copies from ${shown(pattern)} is not known.`,
      LIST_HELP,
    );
  const transforms = await listed(api, "/_transform/_all", "transforms", transformOf);
  if (transforms === undefined) yield unlisted("transforms");
  for (const { name, sources, target } of transforms ?? []) {
    if (!sources.some(isSource)) continue;
    const help = "Name that index as a record too, or stop the transform and delete what it wrote.";
    yield gap(
      `transform ${shown(name)}`,
      `Transform ${shown(name)} copies from ${shown(pattern)} into index ${shown(target)}.`,
      help,
    );
  }
  const policies = await listed(api, "/_enrich/policy", "policies", policyOf);
  if (policies === undefined) yield unlisted("enrich policies");
  for (const { name, sources } of policies ?? []) {
    if (!sources.some(isSource)) continue;
    yield gap(
      `enrich policy ${shown(name)}`,
      `Enrich policy ${shown(name)} holds a copy of ${shown(pattern)}.`,
      "Execute the policy again after the run.",
    );
  }
}

interface Copy {
  readonly name: string;
  readonly sources: readonly string[];
  readonly target: string;
}

const LIST_HELP = "Look by hand, or grant the cluster rights monitor_transform and monitor_enrich.";

/** None where the server has no such thing; undefined where this role may not list it. */
async function listed(
  api: Api,
  path: string,
  list: string,
  read: (entry: JsonNode) => Copy,
): Promise<Copy[] | undefined> {
  const answer = await api.send({ method: "GET", path, query: path.startsWith("/_transform") ? { size: "1000" } : {} });
  if (isMissingApi(answer) || answer.status === 404) return [];
  return answer.status === 200 ? itemsOf(at(answer.body, list)).map(read) : undefined;
}

function transformOf(entry: JsonNode): Copy {
  return {
    name: textOf(at(entry, "id")) ?? "",
    sources: textsOf(at(entry, "source", "index")),
    target: textOf(at(entry, "dest", "index")) ?? "",
  };
}

/** A policy stands under its kind: `match`, `range`, `geo_match`. */
function policyOf(entry: JsonNode): Copy {
  const [kind] = membersOf(at(entry, "config"));
  return { name: textOf(at(kind?.value, "name")) ?? "", sources: textsOf(at(kind?.value, "indices")), target: "" };
}

/** One text or several. */
function textsOf(node: JsonNode | undefined): string[] {
  return (node?.kind === "array" ? node.items : node === undefined ? [] : [node]).flatMap((item) => textOf(item) ?? []);
}

/** Either may be a pattern. */
function covers(left: string, right: string): boolean {
  return globOf(left).test(right) || globOf(right).test(left);
}

function globOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`).replaceAll("*", ".*")}$`, "u");
}
