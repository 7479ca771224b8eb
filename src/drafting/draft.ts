/**
 * A first data map from what systems are made of: tables of people, whatever leads to them, and what a person must decide. Pure:
 * the same stores give the same proposal.
 */
import type { Store, StoreColumn } from "../model/structure.ts";
import { fieldsOf } from "./field-proposals.ts";
import { ignoredOf } from "./ignored.ts";
import {
  classOf,
  declaredLinks,
  guessedLinks,
  keyColumn,
  type Link,
  type Node,
  nodesOf,
  polymorphicPairs,
} from "./links.ts";
import { markerOf } from "./markers.ts";
import {
  ADDRESS_NAME,
  FAMILY_NAME,
  GIVEN_NAME,
  LISTED_ADDRESS,
  personalIn,
  type Surrounding,
  WRITTEN_NAME,
} from "./personal.ts";
import { nobodysYet } from "./nobodys-yet.ts";
import { plainName, singular, tableName } from "./plain-name.ts";
import type {
  GuessedLink,
  Left,
  PersonalColumn,
  Proposal,
  ProposedIdentity,
  ProposedRecord,
  ProposedTerm,
  SurveyedSystem,
  Unplaced,
} from "./proposal.ts";

export function draft(systems: readonly SurveyedSystem[]): Proposal {
  const identities = new Map<string, ProposedIdentity>();
  const drafted = systems.map((system) => draftSystem(system, identities));
  const elsewhere = drafted.map((one) => withKnownKeys(one, identities));
  const records = elsewhere.flatMap((one) => one.records);
  const unplaced = elsewhere.flatMap((one) => one.unplaced);
  if (records.some(({ match }) => match.some(({ source }) => source === "email")) || identities.size === 0)
    identities.set("email", { name: "email", type: "email", reason: "what a request starts from" });
  const ordered = [...identities.values()].toSorted((a, b) => Number(b.name === "email") - Number(a.name === "email"));
  return {
    identities: ordered,
    systems,
    records,
    unplaced,
    ignored: systems.flatMap((system, at) =>
      ignoredOf(system, elsewhere[at]?.rest ?? [], elsewhere[at]?.kept ?? new Set()),
    ),
    guessed: elsewhere.flatMap((one) => one.guessed),
  };
}

interface Drafted {
  readonly system: SurveyedSystem;
  readonly records: readonly ProposedRecord[];
  readonly unplaced: readonly Unplaced[];
  readonly rest: readonly Left[];
  /** Names of stores that no wildcard of `ignore` may reach. */
  readonly kept: ReadonlySet<string>;
  readonly guessed: readonly GuessedLink[];
}

/** How a store's records are found, while it is being found out. */
interface Way {
  readonly depth: number;
  readonly links: Link[];
  readonly emails: readonly string[];
  readonly asks: string[];
  readonly remarks: string[];
  auditOf?: { readonly source: Node; readonly reason: string };
  where?: { readonly type: string; readonly id: string; readonly to: Node };
  /** Found by the key of a record that refers to it. */
  behind?: Link;
  root: boolean;
}

function draftSystem(system: SurveyedSystem, identities: Map<string, ProposedIdentity>): Drafted {
  const nodes = nodesOf(system.stores);
  const declared = declaredLinks(nodes);
  const outOf = Map.groupBy(declared, ({ from }) => from);
  const into = Map.groupBy(declared, ({ to }) => to);
  const first = new Map(
    nodes.map((node) => [node, personalOf(system, node, { people: isPeople(node), linked: false })]),
  );
  const certain = (node: Node, ...kinds: readonly PersonalColumn["kind"][]) =>
    (first.get(node) ?? []).filter((one) => one.certain && (kinds.length === 0 || kinds.includes(one.kind)));
  const emailsOf = (node: Node): readonly string[] =>
    certain(node, "email")
      .map(({ column }) => column)
      .filter((column) => {
        const shape = node.columns.get(column)?.shape;
        return shape === "text" || shape === "other";
      });

  // people
  const ways = new Map<Node, Way>();
  const roots = nodes.filter((node) => isRoot(node));
  function isRoot(node: Node): boolean {
    const { kind } = node;
    if (kind.audit || kind.side || kind.technical || kind.session) return false;
    const known = certain(node);
    const above = (outOf.get(node) ?? []).filter(({ actor, to }) => !actor && to !== node && isPeople(to));
    const part = above.some(
      ({ to, columns }) =>
        node.plain.includes(to.plain) ||
        columns.every((column) => node.store.key.includes(column)) ||
        node.store.uniques.some(
          (unique) => unique.columns.length === columns.length && unique.columns.every((one) => columns.includes(one)),
        ),
    );
    if (part) return false;
    if (isPeople(node)) {
      if (known.length > 0) return true;
      return !kind.ambiguous && ((into.get(node) ?? []).length > 0 || (first.get(node) ?? []).length > 0);
    }
    if (kind.money || kind.organisation || above.length > 0) return false;
    const named = certain(node, "name").length;
    return named > 1 && certain(node, "email", "phone", "birth", "official number").length > 0;
  }
  for (const node of roots) ways.set(node, emptyWay(0, emailsOf(node), true));
  for (const node of nodes)
    if (!ways.has(node) && !node.kind.technical && emailsOf(node).length > 0)
      ways.set(node, emptyWay(1, emailsOf(node), false));

  const follow = (links: readonly Link[]) => {
    const waiting = Map.groupBy(
      links.filter(({ actor, from, to }) => !actor && from !== to && !from.kind.technical),
      ({ to }) => to,
    );
    let edge = [...ways.keys()];
    while (edge.length > 0) {
      const next: Node[] = [];
      for (const to of edge) {
        const way = ways.get(to);
        if (way === undefined || way.behind !== undefined || to.kind.organisation) continue;
        for (const link of waiting.get(to) ?? []) {
          const known = ways.get(link.from);
          if (known === undefined) {
            const found = emptyWay(way.depth + 1, [], false);
            found.links.push(link);
            ways.set(link.from, found);
            next.push(link.from);
          } else if (!known.root && !known.links.includes(link) && known.depth > way.depth && !circular(link, ways))
            known.links.push(link);
        }
      }
      edge = next;
    }
  };
  follow(declared);

  // audit trails by what writes into them, and by name
  for (const [source] of Array.from(ways))
    for (const trigger of source.store.triggers)
      for (const written of trigger.writes) {
        const trail = nodes.find(({ store }) => store.name === written);
        if (trail === undefined || trail === source) continue;
        const reason = `trigger ${trigger.name} of ${source.store.name} writes into it`;
        trailOf(trail, source, reason);
      }
  function trailOf(trail: Node, source: Node, reason: string): void {
    const way = ways.get(trail);
    if (way !== undefined) {
      if (!way.root) way.auditOf ??= { source, reason };
      return;
    }
    const key = keyColumn(source);
    if (key === undefined) return;
    const wanted = [
      `${source.plain}_id`,
      plainName(key.name),
      `${source.plain}`,
      "record_id",
      "row_id",
      "entity_id",
      "object_id",
      "item_id",
      "source_id",
      "original_id",
      "ref_id",
      "subject_id",
    ];
    const own = new Set(trail.store.key.length === 1 ? trail.store.key : []);
    const column = wanted
      .flatMap((name) => trail.store.columns.filter((one) => plainName(one.name) === name && !own.has(one.name)))
      .find(({ shape }) => shape === key.shape || shape === "text");
    if (column === undefined || column.shape !== key.shape) return;
    const found = emptyWay((ways.get(source)?.depth ?? 0) + 1, [], false);
    found.links.push({
      from: trail,
      to: source,
      columns: [column.name],
      toColumns: [key.name],
      actor: false,
      guess: `${reason}, and ${column.name} is of the type of its key`,
    });
    found.auditOf = { source, reason };
    ways.set(trail, found);
  }
  for (const trail of nodes.filter((node) => node.kind.audit))
    for (const source of Array.from(ways.keys())) {
      if (source === trail || source.kind.audit) continue;
      const rest = trail.plain
        .replace(
          /(?:^|_)(?:historical|hist|histories|history|audits?|aud|versions?|revisions?|log|archive)(?=_|$)/gu,
          "",
        )
        .replaceAll(/^_+|_+$/gu, "");
      const whole = plainName(tableName(trail.store));
      const glued = whole.replace(/^historical/u, "");
      if (
        singular(rest) === source.plain ||
        singular(glued) === source.plain ||
        glued === source.plain.replaceAll("_", "")
      )
        trailOf(trail, source, `named like the trail of ${source.store.name}`);
    }

  // what only names and types tell
  const guessed: Link[] = [];
  for (let round = 0; round < 3; round += 1) {
    const targets = [...ways]
      .filter(([node, way]) => way.behind === undefined && !node.kind.organisation && keyColumn(node) !== undefined)
      .map(([node]) => node);
    const found = guessedLinks(
      nodes.filter(({ kind }) => !kind.technical),
      targets,
    );
    const fresh = found.filter(
      (link) =>
        !guessed.some((one) => one.from === link.from && one.to === link.to && one.columns[0] === link.columns[0]),
    );
    if (fresh.length === 0) break;
    guessed.push(...fresh);
    const before = ways.size;
    const taken = fresh.filter(({ from }) => !ways.has(from));
    follow(taken);
    follow(declared);
    if (ways.size === before) break;
  }
  for (const link of guessed) {
    const way = ways.get(link.from);
    if (way === undefined || way.links.some(({ columns }) => columns[0] === link.columns[0])) continue;
    way.remarks.push(
      `${link.columns.join(", ")} → ${link.to.store.name}.${link.toColumns.join(", ")}: ${link.actor ? "it says who did something, not whose it is" : link.guess}`,
    );
  }

  // pairs of a class and a number
  const pairs: { readonly node: Node; readonly way: Way }[] = [];
  for (const node of nodes) {
    if (node.kind.technical) continue;
    for (const pair of polymorphicPairs(node)) {
      const idColumn = node.columns.get(pair.id);
      const values = system.samples.get(node.store.name)?.get(pair.type);
      const fitting = [...ways].filter(([to, way]) => {
        const key = keyColumn(to);
        return (
          to !== node &&
          way.depth < 2 &&
          way.behind === undefined &&
          !to.kind.audit &&
          key !== undefined &&
          (key.shape === idColumn?.shape || idColumn?.shape === "text")
        );
      });
      const seen = fitting.filter(([to, way]) => values?.includes(classOf(to)) ?? way.root);
      const said = `${pair.type} and ${pair.id} are a pair of a class and a number`;
      const way = ways.get(node);
      if (way !== undefined) {
        const others = seen.map(([to]) => `${classOf(to)} (${to.store.name})`).join(", ");
        way.remarks.push(
          `${said}: rows may be about ${others === "" ? "any record" : others} too; a second record type over the table with \`where\` finds them`,
        );
        continue;
      }
      for (const [to] of seen) {
        const key = keyColumn(to);
        if (key === undefined || key.shape !== idColumn?.shape) continue;
        const found = emptyWay(1, [], false);
        found.links.push({
          from: node,
          to,
          columns: [pair.id],
          toColumns: [key.name],
          actor: false,
          guess: `${said}; the class is guessed from the name of ${to.store.name}`,
        });
        found.where = { ...pair, to };
        pairs.push({ node, way: found });
      }
    }
  }
  const paired = new Set(pairs.map(({ node }) => node));

  // what a person's own record refers to: an address in a table of its own
  for (const [child, way] of Array.from(ways)) {
    if (way.behind !== undefined) continue;
    for (const link of outOf.get(child) ?? []) {
      const { to } = link;
      if (
        ways.has(to) ||
        paired.has(to) ||
        to === child ||
        link.actor ||
        link.columns.length !== 1 ||
        to.kind.technical
      )
        continue;
      const known = certain(to).length > 0 || [...to.columns.keys()].some((name) => ADDRESS_NAME.test(plainName(name)));
      if (!known || to.kind.organisation) continue;
      const found = emptyWay(way.depth + 1, [], false);
      found.behind = link;
      found.asks.push(`${child.store.name} refers to it through ${link.columns.join(", ")}, and others may too`);
      ways.set(to, found);
    }
  }

  // what has people's data and no way in but its own number
  const unplaced: Unplaced[] = [];
  for (const node of nodes) {
    if (ways.has(node) || paired.has(node) || node.kind.technical) continue;
    const known = (
      node.kind.audit || node.kind.side ? personalOf(system, node, { people: false, linked: false }) : certain(node)
    ).filter((one) => one.kind !== "address" || certain(node).length > 1);
    const { store } = node;
    const named = isPeople(node) && !node.kind.ambiguous && store.kind === "table";
    if (known.length === 0 && !node.kind.side && !named && store.kind !== "objects") continue;
    if (known.length === 0 && store.columns.length === 0 && store.kind !== "objects") continue;
    const key = keyColumn(node);
    const actor =
      guessedLinks([node], roots).some((link) => link.actor) || (outOf.get(node) ?? []).some((link) => link.actor);
    if (!node.kind.audit && !node.kind.side && key !== undefined && known.length > 0 && store.kind === "table") {
      const found = emptyWay(0, [], true);
      found.asks.push(
        node.kind.organisation
          ? "an organisation, with a person to speak to in it"
          : `${known.map(({ column }) => column).join(", ")} may be a person's, and only ${key.name} finds a row`,
      );
      ways.set(node, found);
    } else
      unplaced.push({
        system: system.name,
        store,
        personal: known,
        reason: node.kind.audit
          ? "looks like a trail of changes, which keeps what was erased"
          : node.kind.side
            ? "looks like an outbox, a job queue, a session store or the like: copies of people pass through it"
            : store.kind === "objects"
              ? "objects: whose they are is in their names or in their bytes, and nobody can tell from here"
              : known.length === 0
                ? "its name says that its rows are people, and no name of a column says how one is found in it"
                : `${known.map(({ column }) => column).join(", ")} may be a person's, and nothing leads there${actor ? " but who did something with it" : ""}`,
      });
  }

  // whose it is a name alone may say, or what it hangs by: it must not be forgotten
  const asked = new Set(unplaced.map(({ store }) => store));
  const isPlaced = (node: Node): boolean => ways.has(node) || paired.has(node) || asked.has(node.store);
  for (const [node, reason] of nobodysYet(nodes, {
    guessed,
    outOf,
    isPlaced,
    isAsked: ({ store }) => asked.has(store),
  }))
    unplaced.push({ system: system.name, store: node.store, personal: certain(node), reason });

  // records, with what a person must decide
  const names = recordNames([...ways.keys(), ...pairs.map(({ node }) => node)]);
  const record = (node: Node, way: Way, name: string): ProposedRecord => {
    const personal = personalOf(system, node, {
      people:
        (way.root && !(node.kind.organisation && !node.kind.people)) ||
        (isPeople(node) && way.depth < 2) ||
        isAlone(node, way),
      linked: way.depth < 3 || certain(node).length > 0,
    });
    const terms = termsOf(node, way, system, names, identities);
    const asks = [...new Set([...way.asks, ...asksOf(node, way)])];
    const fixed = new Set([
      ...node.store.key,
      ...node.store.references.flatMap(({ columns }) => columns),
      ...(into.get(node) ?? []).flatMap(({ toColumns }) => toColumns),
      ...way.links.flatMap(({ columns }) => columns),
    ]);
    const marker =
      node.store.kind === "table" && system.actions.includes("soft-delete") ? markerOf(node.store) : undefined;
    const source = way.auditOf?.source;
    const sourceName = source === undefined ? undefined : names.get(source);
    return {
      system: system.name,
      name,
      store: node.store,
      match: terms.terms,
      all: terms.all,
      ...(way.where === undefined ? {} : { where: { [way.where.type]: classOf(way.where.to) } }),
      asks,
      personal,
      fields: node.store.kind === "table" ? fieldsOf(node.store, personal, fixed) : [],
      ...(marker === undefined ? {} : { marker }),
      ...(way.auditOf === undefined || sourceName === undefined
        ? {}
        : { auditOf: { record: `${system.name}.${sourceName}`, reason: way.auditOf.reason } }),
      ...(node.kind.money ? holdOf(node) : {}),
      remarks: [...new Set([...way.remarks, ...actorRemarks(node)])],
    };
  };
  const asksOf = (node: Node, way: Way): readonly string[] => {
    const asks: string[] = [];
    if (node.kind.money) asks.push("of a kind that tax or commercial law may want kept: see the hold proposed here");
    if (node.kind.audit || way.auditOf !== undefined)
      asks.push("a trail of changes: `redact` keeps it without the person, `erase` ends it");
    if (way.links.some(({ guess }) => guess !== undefined)) asks.push("how a person is found here is a guess");
    for (const { column, reason } of certain(node, "email"))
      if (reason === LISTED_ADDRESS) asks.push(`${column}: nothing says that it is an e-mail address`);
    const several = severalOf(way);
    if (several !== undefined) asks.push(several);
    const others = (into.get(node) ?? []).flatMap((link) => {
      if (link.from === node) return [`${link.columns.join(", ")} of other rows of its own`];
      const theirs = ways.get(link.from);
      if (way.root)
        return link.actor || (theirs?.root ?? false)
          ? [`${link.from.store.name} through ${link.columns.join(", ")}`]
          : [];
      if (theirs === undefined) return [];
      const another =
        (theirs.emails.length > 0 || theirs.links.some(({ to }) => to !== node && ways.get(to)?.root === true)) &&
        !way.root;
      return another ? [`${link.from.store.name} through ${link.columns.join(", ")}`] : [];
    });
    if (others.length > 0)
      asks.push(
        `rows of other people may refer to it: ${[...new Set(others)].slice(0, 6).join("; ")}${others.length > 6 ? " and more" : ""}`,
      );
    return asks;
  };
  const severalOf = (way: Way): string | undefined => {
    const roles = way.links.filter(({ to, columns }) => ways.get(to)?.root === true && columns.length === 1);
    if (roles.length > 1)
      return `a row names more than one person: ${roles.map(({ columns }) => columns.join(", ")).join(", ")}`;
    if (way.emails.length > 1 && !way.root) return `a row names more than one address: ${way.emails.join(", ")}`;
    return undefined;
  };
  const actorRemarks = (node: Node): readonly string[] =>
    (outOf.get(node) ?? [])
      .filter(({ actor, to }) => actor && (ways.get(to)?.root ?? false))
      .map(
        ({ columns, to, toColumns }) =>
          `${columns.join(", ")} → ${to.store.name}.${toColumns.join(", ")}: it says who did something, not whose it is; not followed`,
      );
  const records = [
    ...[...ways].map(([node, way]) => record(node, way, names.get(node) ?? node.plain)),
    ...pairs.map(({ node, way }) =>
      record(
        node,
        way,
        `${names.get(node) ?? node.plain}_of_${way.where === undefined ? "" : (names.get(way.where.to) ?? way.where.to.plain)}`,
      ),
    ),
  ];
  const placed = new Set<Store>([...records.map(({ store }) => store), ...unplaced.map(({ store }) => store)]);
  const left = nodes.filter(({ store }) => !placed.has(store));
  return {
    system,
    records: records.toSorted((a, b) => depthOf(a, ways) - depthOf(b, ways) || (a.name < b.name ? -1 : 1)),
    unplaced,
    rest: left.map((node) => ({
      store: node.store,
      technical: node.kind.technical,
      actors: [
        ...(outOf.get(node) ?? []).filter(({ to }) => ways.has(to)),
        ...guessed.filter((link) => link.from === node && link.actor),
      ].map(({ columns, to }) => `${columns.join(", ")} → ${to.store.name}`),
      follows: (outOf.get(node) ?? []).some(({ to, onDelete }) => ways.has(to) && onDelete !== "restrict"),
    })),
    kept: new Set([...placed].map(({ name }) => name)),
    guessed: [
      ...guessed.filter(({ from }) => ways.has(from)),
      ...pairs.flatMap(({ way }) => way.links),
      ...[...ways.values()].flatMap((way) =>
        way.links.filter((link) => link.guess !== undefined && !guessed.includes(link)),
      ),
    ].map((link) => ({
      from: `${system.name}.${link.from.store.name}.${link.columns.join(", ")}`,
      to: `${system.name}.${link.to.store.name}.${link.toColumns.join(", ")}`,
      reason: link.guess ?? "",
    })),
  };
}

function depthOf(record: ProposedRecord, ways: ReadonlyMap<Node, Way>): number {
  for (const [node, way] of ways) if (node.store === record.store) return way.depth;
  return 9;
}

function emptyWay(depth: number, emails: readonly string[], root: boolean): Way {
  return { depth, links: [], emails, asks: [], remarks: [], root };
}

/** Whether following it would lead back to itself. */
function circular({ from, to }: Link, ways: ReadonlyMap<Node, Way>): boolean {
  const queue = [to];
  const seen = new Set<Node>();
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
    if (one === from) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    queue.push(...(ways.get(one)?.links.map((link) => link.to) ?? []));
  }
  return false;
}

/** A row has an e-mail address and belongs to nobody else: it is about whose address that is. */
function isAlone({ kind }: Node, { emails, links, behind }: Way): boolean {
  return (
    emails.length === 1 &&
    links.length === 0 &&
    behind === undefined &&
    !(kind.money || kind.audit || kind.side || kind.organisation)
  );
}

function isPeople({ kind }: Node): boolean {
  return kind.people && !kind.audit && !kind.side && !kind.technical;
}

/** Tables of what people write, whatever it is kept in. */
const WRITTEN_TABLE =
  /(?:^|_)(?:topic|thread|post|article|question|discussion|story|blog|review|comment|message|ticket)$/u;
/** A key is a number of a row sooner than of a person. */
const KEYS_TOO = new Set<PersonalColumn["kind"]>(["email", "contact", "login", "credential", "online trace"]);

function personalOf(
  system: SurveyedSystem,
  node: Node,
  known: Pick<Surrounding, "people" | "linked">,
): readonly PersonalColumn[] {
  const { store, kind } = node;
  const samples = system.samples.get(store.name);
  const plain = store.columns.map(({ name }) => plainName(name));
  const around: Surrounding = {
    ...known,
    organisation: kind.organisation && !kind.people,
    carries: kind.audit || kind.side,
    written: plain.some((name) => WRITTEN_NAME.test(name)) || WRITTEN_TABLE.test(node.plain),
    opens: kind.session,
    addressed: plain.some((name) => ADDRESS_NAME.test(name)),
    halved: plain.some((name) => GIVEN_NAME.test(name)) && plain.some((name) => FAMILY_NAME.test(name)),
    listed: kind.listed,
  };
  const keys = new Set(store.references.flatMap(({ columns }) => columns));
  return store.columns.flatMap((column: StoreColumn) => {
    if (keys.has(column.name)) return [];
    const found = personalIn(column, around, samples?.get(column.name));
    if (found === undefined || (store.key.includes(column.name) && !KEYS_TOO.has(found.kind))) return [];
    return [{ column: column.name, ...found }];
  });
}

/** One name for each store, as the data map takes names. */
function recordNames(nodes: readonly Node[]): ReadonlyMap<Node, string> {
  const names = new Map<Node, string>();
  const taken = new Set<string>();
  for (const node of nodes) {
    if (names.has(node)) continue;
    const base =
      node.store.name
        .replaceAll(/s3:\/\//gu, "")
        .replaceAll(/[^\p{L}\p{N}_-]+/gu, "_")
        .replaceAll(/^[^\p{L}_]+|_+$/gu, "") || "records";
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
    taken.add(name);
    names.set(node, name);
  }
  return names;
}

/** How its records are found, and the identities that this makes. */
function termsOf(
  node: Node,
  way: Way,
  system: SurveyedSystem,
  names: ReadonlyMap<Node, string>,
  identities: Map<string, ProposedIdentity>,
): { readonly terms: readonly ProposedTerm[]; readonly all: boolean } {
  const terms: ProposedTerm[] = [];
  const here = `${system.name}.${names.get(node) ?? node.plain}`;
  const key = keyColumn(node);
  if (way.root && key !== undefined && node.store.kind === "table") {
    const own = plainName(key.name);
    const wanted =
      own === "id" || own.length < 4 || own === "uuid" || own === "guid" || own === "name" ? `${node.plain}_id` : own;
    const name = identities.has(wanted) ? `${system.name}_${names.get(node) ?? node.plain}_${own}` : wanted;
    const [email] = way.emails;
    const type = key.shape === "number" ? "integer" : key.shape === "uuid" ? "uuid" : "string";
    identities.set(name, {
      name,
      type,
      ...(email === undefined ? {} : { foundIn: `${here}.${key.name}`, by: { [email]: "email" } }),
      reason: `the key of ${node.store.name}`,
    });
    terms.push({ column: key.name, source: name, reason: "", guessed: false });
  }
  for (const email of way.emails) terms.push({ column: email, source: "email", reason: "", guessed: false });
  if (way.behind !== undefined) {
    const from = names.get(way.behind.from);
    terms.push({
      column: way.behind.toColumns[0] ?? "",
      source: `${system.name}.${from ?? ""}.${way.behind.columns[0] ?? ""}`,
      reason: `${way.behind.from.store.name} refers to it`,
      guessed: false,
    });
  }
  const direct = way.links.filter(({ to }) => names.has(to));
  const [composite] = direct.filter(({ columns }) => columns.length > 1);
  const single = direct.filter(({ columns }) => columns.length === 1);
  const used = single.length > 0 || terms.length > 0 || composite === undefined ? single : [composite];
  for (const { to, columns, toColumns, guess } of used)
    for (const [at, column] of columns.entries()) {
      if (terms.some((term) => term.column === column)) continue;
      terms.push({
        column,
        source: `${system.name}.${names.get(to) ?? ""}.${toColumns[at] ?? ""}`,
        reason: guess ?? "",
        guessed: guess !== undefined,
      });
    }
  return { terms, all: used[0] === composite && composite !== undefined };
}

const DATES =
  /(?:^|_)(?:issued|invoiced?|billed|booked|paid|posted|ordered|order|placed|invoice|rechnungs?|beleg|buchungs?|datum|date|fecha|created|completed|settled)(?:_?(?:on|at|date|datum|am|le|day))?(?:_|$)/u;

const DAY = /(?:^|_)(?:date|datum|fecha|day)(?:_|$)|_(?:on|at|am|le)$/u;

function holdOf({ store, kind }: Node): { readonly hold?: string } {
  const dates = store.columns.filter(({ shape }) => shape === "date");
  const named = (columns: readonly StoreColumn[]) =>
    columns.find(({ name }) => DATES.test(plainName(name)) && !/deleted|updated/u.test(plainName(name)));
  // a text is a date only where its own name says so: `order` and `paid` may be anything
  const texts = store.columns.filter(({ shape, name }) => shape === "text" && DAY.test(plainName(name)));
  const from = named(dates) ?? dates[0] ?? named(texts);
  return { hold: `{ use: ${kind.invoice ? "invoices" : "books"}, from: ${from?.name ?? "COLUMN_WITH_A_DATE"} }` };
}

/** Documents and files that hold the key of a person whom another system knows. */
function withKnownKeys(one: Drafted, identities: ReadonlyMap<string, ProposedIdentity>): Drafted {
  const guessed: GuessedLink[] = [];
  const taken = new Set<Store>();
  const records: ProposedRecord[] = [];
  const known = [...identities.values()].filter(
    ({ type, foundIn }) => type !== "email" && foundIn?.startsWith(`${one.system.name}.`) !== true,
  );
  const candidates = [...one.rest.map(({ store }) => store), ...one.unplaced.map(({ store }) => store)].filter(
    ({ kind }) => kind === "index" || kind === "files",
  );
  for (const store of candidates) {
    const found = store.columns.flatMap((column) => {
      const plain = plainName(column.name.slice(column.name.lastIndexOf(".") + 1));
      const identity = known.find(({ name }) => name === plain || `${name}_id` === plain);
      return identity === undefined ? [] : [{ column: column.name, identity: identity.name }];
    });
    const [first] = found;
    if (first === undefined) continue;
    const reason = `named like ${first.identity}`;
    taken.add(store);
    guessed.push({ from: `${one.system.name}.${store.name}.${first.column}`, to: first.identity, reason });
    const [node] = nodesOf([store]);
    if (node === undefined) continue;
    const names = recordNames([node]);
    records.push({
      system: one.system.name,
      name: names.get(node) ?? node.plain,
      store,
      match: [{ column: first.column, source: first.identity, reason, guessed: true }],
      all: false,
      asks: ["how a person is found here is a guess"],
      personal: personalOf(one.system, node, { people: false, linked: true }),
      fields: [],
      remarks: [],
    });
  }
  if (records.length === 0) return one;
  return {
    ...one,
    records: [...one.records, ...records],
    unplaced: one.unplaced.filter(({ store }) => !taken.has(store)),
    rest: one.rest.filter(({ store }) => !taken.has(store)),
    kept: new Set([...one.kept, ...[...taken].map(({ name }) => name)]),
    guessed: [...one.guessed, ...guessed],
  };
}
