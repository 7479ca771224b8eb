/** Who leads to whom: declared references, and those that only names and types tell of. */
import type { Store, StoreColumn, StoreReference } from "../model/structure.ts";
import { className, plainName, singular, tableName } from "./plain-name.ts";
import { isActor, kindOf, type StoreKind } from "./store-kinds.ts";

/** A store with what is known of it. */
export interface Node {
  readonly store: Store;
  readonly kind: StoreKind;
  /** As a class would be called: `order_line`. */
  readonly plain: string;
  readonly columns: ReadonlyMap<string, StoreColumn>;
}

export interface Link {
  readonly from: Node;
  readonly to: Node;
  readonly columns: readonly string[];
  readonly toColumns: readonly string[];
  readonly onDelete?: StoreReference["onDelete"];
  /** It says who did something with the record, not whose it is. */
  readonly actor: boolean;
  /** Why it is believed, where nothing declares it. */
  readonly guess?: string;
}

/** Stores that records can lie in: no views, and of a family of partitions the top. */
export function nodesOf(stores: readonly Store[]): readonly Node[] {
  const names = new Set(stores.map(({ name }) => name));
  return stores.flatMap((store): Node[] =>
    store.kind === "view" || (store.partOf !== undefined && names.has(store.partOf))
      ? []
      : [
          {
            store,
            kind: kindOf(store),
            plain: singular(plainName(tableName(store))),
            columns: new Map(store.columns.map((column) => [column.name, column])),
          },
        ],
  );
}

export function declaredLinks(nodes: readonly Node[]): readonly Link[] {
  const named = new Map(nodes.map((node) => [node.store.name, node]));
  return nodes.flatMap((from) =>
    from.store.references.flatMap(({ columns, to, toColumns, onDelete }): Link[] => {
      const target = named.get(to);
      return target === undefined || columns.length === 0
        ? []
        : [{ from, to: target, columns, toColumns, onDelete, actor: columns.every(isActor) }];
    }),
  );
}

/** A column called so is of the row itself, or of a table of keys and values. */
const GENERIC = /^(?:id|key|code|uuid|guid|name|number|email)$/u;

const ROLE =
  /(?:^|_)(?:user|creator|poster|author|owner|sender|recipient|receiver|member|account)_?(?:id|no|nr|uuid)$|(?:^|_)(?:creator|author|poster|uploader|sender)$/u;

/** What ends a column that holds another row's key. */
const ENDS = [
  "_id",
  "id",
  "_no",
  "_nr",
  "_number",
  "_key",
  "_code",
  "_ref",
  "_fk",
  "_pk",
  "_uuid",
  "_guid",
  "_nummer",
  "nummer",
  "_num",
  "",
];

/**
 * Columns without a foreign key that look like the key of one of these: by name and type. What is declared already is no
 * guess, nor is a store's own key.
 */
export function guessedLinks(nodes: readonly Node[], targets: readonly Node[]): readonly Link[] {
  const known = new Map<string, Node[]>();
  for (const target of targets) {
    const key = keyColumn(target);
    if (key === undefined) continue;
    const names = new Set(
      [target.plain, lastWord(target.plain)].flatMap((plain) => ENDS.map((end) => `${plain}${end}`)),
    );
    // a key with a name of its own is called the same elsewhere
    const own = plainName(key.name);
    if (own.length > 3 && !GENERIC.test(own)) names.add(own);
    for (const name of names) known.set(name, [...(known.get(name) ?? []), target]);
  }
  // in a table without keys declared a member is called by what they do there
  const [account, ...others] = targets.filter(({ plain }) => /(?:^|_)(?:user|account|member)$/u.test(plain));
  return nodes.flatMap((from) => {
    const declared = new Set(from.store.references.flatMap(({ columns }) => columns));
    // of which class it is a number, a column beside it says
    const paired = new Set(polymorphicPairs(from).map(({ id }) => id));
    return from.store.columns.flatMap((column): Link[] => {
      if (declared.has(column.name) || column.name.includes("[]") || paired.has(column.name)) return [];
      const plain = plainName(column.name.slice(column.name.lastIndexOf(".") + 1));
      if (GENERIC.test(plain)) return [];
      const bare = plain.replace(/^(?:fk|ref|id)_/u, "");
      const actor = isActor(column.name);
      const named = (known.get(plain) ?? known.get(bare) ?? known.get(`${bare}_id`) ?? []).filter(
        (to) => to !== from && fits(column, keyColumn(to)),
      );
      if (
        named.length === 0 &&
        account !== undefined &&
        others.length === 0 &&
        account !== from &&
        ROLE.test(plain) &&
        fits(column, keyColumn(account))
      )
        named.push(account);
      const [to] = named.toSorted((a, b) => Number(sameSchema(from, b)) - Number(sameSchema(from, a)));
      if (to === undefined) return [];
      const key = keyColumn(to);
      if (
        key === undefined ||
        (from.store.key.length === 1 && from.store.key[0] === column.name && from.plain === to.plain)
      )
        return [];
      return [
        {
          from,
          to,
          columns: [column.name],
          toColumns: [key.name],
          actor,
          guess: `no foreign key says so: named like the key of ${to.store.name}, and of a type that fits`,
        },
      ];
    });
  });
}

/** Pairs of a class and a number, as Rails has them: `item_type`, `item_id`. */
export function polymorphicPairs({ store, columns }: Node): readonly { readonly type: string; readonly id: string }[] {
  const declared = new Set(store.references.flatMap((reference) => reference.columns));
  return store.columns.flatMap(({ name, shape }) => {
    const found = /^(.*?)_?type$/iu.exec(name);
    if (found === null || found[1] === "" || shape !== "text") return [];
    const id = [`${found[1]}_id`, `${found[1]}Id`, `${found[1]}_uuid`].find(
      (one) => columns.has(one) && !declared.has(one),
    );
    return id === undefined ? [] : [{ type: name, id }];
  });
}

export function classOf(node: Node): string {
  return className(plainName(tableName(node.store)));
}

/** The one column of its key. */
export function keyColumn({ store, columns }: Node): StoreColumn | undefined {
  const [only] = store.key;
  return store.key.length === 1 && only !== undefined ? columns.get(only) : undefined;
}

function fits(column: StoreColumn, key: StoreColumn | undefined): boolean {
  if (key === undefined || column.shape === "array") return false;
  if (column.shape === key.shape) return true;
  // documents and files say less of types than tables do
  return [column, key].some(({ type }) => type === "" || type === "keyword");
}

function sameSchema({ store: one }: Node, { store: other }: Node): boolean {
  const schema = ({ name }: Store) => (name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "");
  return schema(one) === schema(other);
}

function lastWord(plain: string): string {
  return plain.slice(plain.lastIndexOf("_") + 1);
}
