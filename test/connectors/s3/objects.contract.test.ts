import { connectorContract } from "../../contract/connector.contract.ts";
import { ANN_TOO, EVERYONE, type Person } from "../../support/cast.ts";
import { targetOf } from "../../support/record-type.ts";
import { objectsOf, rawStore, systemOf } from "./store.ts";

for (const versioning of [undefined, "Enabled"] as const) {
  connectorContract(
    `s3, objects by key, ${versioning === undefined ? "a plain" : "a versioned"} bucket`,
    {
      delete: true,
      fields: false,
      folds: false,
      shared: false,
      where: false,
      points: ["effect_begin", "effect_half", "effect_done"],
    },
    async () => {
      const store = await rawStore();
      const bucket = await store.bucket(versioning);
      // Ann has two objects: one template finds each
      const templates = [`s3://${bucket}/one/:code.json`, `s3://${bucket}/two/:code/doc`];
      const keyOf = (person: Person) =>
        person.no === ANN_TOO.no ? `two/${person.code}/doc` : `one/${person.code}.json`;
      const numbers = new Map(EVERYONE.map((person) => [keyOf(person), person.no]));
      const record = objectsOf(templates);
      let secret = store.secret();
      const world = {
        secrets: {
          get store() {
            return secret;
          },
        },
      };
      return {
        system: systemOf(),
        columns: { match: ":code", no: "metadata.no", kept: "metadata.kept" },
        by: "code",
        world,
        async seed(people) {
          // an object that is as it should be stays: a new version of it would be another object
          const bodies = new Map(
            people.map((person) => [
              keyOf(person),
              versioning === undefined ? [person.secret] : [person.secret, `old ${person.secret}`],
            ]),
          );
          const shelves = Map.groupBy(await store.versions(bucket), ({ key }) => key);
          const kept = new Set(
            [...shelves]
              .filter(
                ([key, some]) =>
                  some.map(({ body }) => Buffer.from(body, "latin1").toString()).join("\0") ===
                  bodies.get(key)?.join("\0"),
              )
              .map(([key]) => key),
          );
          for (const [key, some] of shelves)
            if (!kept.has(key))
              await Promise.all(
                some.map(async ({ id }) => await store.remove(bucket, key, id === "null" ? undefined : id)),
              );
          const write = async (key: string, body: string, no: string) =>
            await store.put(bucket, key, body, { Metadata: { no } });
          const neighbours = [
            "one/42.json.old",
            "one/42.jso",
            "one/42.json/more",
            "One/42.json",
            "two/42/doc2",
            "42.json",
          ];
          await Promise.all([
            ...neighbours.map(async (key) => await write(key, `beside ${key}`, key)),
            ...people.map(async (person) => {
              if (kept.has(keyOf(person))) return;
              if (versioning !== undefined) await write(keyOf(person), `old ${person.secret}`, person.no);
              await write(keyOf(person), person.secret, person.no);
            }),
          ]);
        },
        async dump() {
          const shelves = await store.versions(bucket);
          const dumped: Record<string, string> = {};
          for (const { key, id, body, marker } of shelves) {
            const name = numbers.get(key) ?? `+${key}`;
            dumped[name] = `${dumped[name] ?? ""}|${id} ${marker ? "marker" : body}`;
          }
          return dumped;
        },
        target: (_action, fold) => targetOf(record, [{ column: ":code", type: "string", fold }], ["metadata.no"]),
        async spoil() {
          secret = JSON.stringify({ ...JSON.parse(store.secret()), secretAccessKey: "wrong" });
        },
        async mend() {
          secret = store.secret();
        },
        async [Symbol.asyncDispose]() {
          store.client.destroy();
        },
      };
    },
  );
}
