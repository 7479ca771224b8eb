import { isMap, isScalar, isSeq, parseDocument, visit } from "yaml";

/** The data map without these systems, and without everything in it that leads to them; comments stay. */
export function without(text: string, systems: readonly string[]): string {
  const document = parseDocument(text);
  const namesGone = (value: unknown): boolean =>
    typeof value === "string" && systems.some((system) => value === system || value.startsWith(`${system}.`));
  for (const system of systems) document.deleteIn(["systems", system]);
  // an edge to a record that is gone leads nowhere: the record that is found by it alone goes too
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.value) && namesGone(pair.value.value)) return visit.REMOVE;
      return undefined;
    },
    Seq(_, list) {
      list.items = list.items.filter((item) => !(isScalar(item) && namesGone(item.value)));
    },
  });
  const emptied: string[] = [];
  const all = document.get("systems");
  for (const system of isMap(all) ? all.items : []) {
    const name = String(system.key);
    const records = document.getIn(["systems", name, "records"]);
    for (const record of isMap(records) ? [...records.items] : []) {
      const match = document.getIn(["systems", name, "records", String(record.key), "match"]);
      if (isMap(match) && match.items.length === 0) document.deleteIn(["systems", name, "records", String(record.key)]);
    }
    const covers = document.getIn(["systems", name, "covers"]);
    if ((isMap(records) && records.items.length === 0) || (isSeq(covers) && covers.items.length === 0))
      emptied.push(name);
  }
  if (emptied.length > 0) return without(text, [...systems, ...emptied]);
  if (systems.includes("shop")) {
    // what only the shop's tables use
    for (const path of [["conditions"], ["holds"], ["identities", "customer_id", "by"]]) document.deleteIn(path);
  }
  return systems.length === 0 ? text : document.toString({ lineWidth: 0 });
}
