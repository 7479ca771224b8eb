import { gunzipSync, gzipSync } from "node:zlib";
import { connectorContract } from "../../contract/connector.contract.ts";
import type { Person } from "../../support/cast.ts";
import { targetOf } from "../../support/record-type.ts";
import type { Change } from "../../../src/model/rule-change.ts";
import type { RecordType } from "../../../src/model/datamap.ts";
import { filesOf, rawStore, systemOf } from "./store.ts";

// Ceph's own If-Match in a plain bucket (without quotes), its version check in a versioned one
const places = [
  { name: "JSONL in a plain bucket", versioning: undefined, key: "till/day.jsonl", gzip: false },
  { name: "gzip JSONL in a versioned bucket", versioning: "Enabled", key: "till/day.jsonl.gz", gzip: true },
] as const;

const redaction = { secret: { kind: "clear" } } as const;
const change: Change = { kind: "fields", fields: redaction, documents: [] };
const line = ({ no, email, secret, kept }: Person) =>
  `{"no": "${no}",  "email":${JSON.stringify(email)},"secret":${JSON.stringify(secret)}, "n":1.0, "kept":${JSON.stringify(kept)}}`;

for (const { name, versioning, key, gzip } of places) {
  connectorContract(
    `s3, ${name}`,
    {
      delete: true,
      fields: true,
      folds: true,
      shared: false,
      where: true,
      due: true,
      points: ["effect_begin", "effect_half", "effect_done"],
    },
    async () => {
      const store = await rawStore();
      const bucket = await store.bucket(versioning);
      const globs = [`s3://${bucket}/till/*`];
      const remove = filesOf(globs);
      const clear: RecordType = filesOf(globs, { do: "anonymise", fields: redaction });
      const pack = (text: string) => (gzip ? gzipSync(text) : Buffer.from(text));
      const unpack = (latin1: string) =>
        (gzip ? gunzipSync(Buffer.from(latin1, "latin1")) : Buffer.from(latin1, "latin1")).toString();
      const sheet = (people: readonly Person[]) => people.map((person) => `${line(person)}\n`).join("");
      return {
        system: systemOf(),
        columns: { match: "email", no: "no", kept: "kept" },
        by: "email",
        world: { secrets: { store: store.secret() } },
        async seed(people) {
          await store.empty(bucket);
          await store.put(bucket, "beside/day.jsonl", sheet(people));
          if (versioning !== undefined)
            for (const at of [1, 2]) await store.put(bucket, key, pack(sheet(people.slice(at))));
          await store.put(bucket, key, pack(sheet(people)), {
            ContentType: "application/x-ndjson",
            Metadata: { shift: "late" },
          });
        },
        async dump() {
          const dumped: Record<string, string> = {};
          for (const { key: name, latest, marker, body } of await store.versions(bucket)) {
            if (name !== key) dumped[`+${name}`] = body;
            else if (latest)
              for (const text of unpack(body)
                .split("\n")
                .filter((row) => row !== ""))
                dumped[/"no": "(\d+)"/u.exec(text)?.[1] ?? `+${text}`] = text;
            // an old version may stay only while nothing was erased
            else if (marker) dumped["+marker"] = "there";
          }
          return dumped;
        },
        target: (action, fold) =>
          targetOf(action === "delete" ? remove : clear, [{ column: "email", type: "email", fold }], ["no"]),
        redaction: { change, after: (person) => line(person).replace(/"secret":"(?:[^"\\]|\\.)*"/u, '"secret":null') },
        async spoil() {
          await store.put(
            bucket,
            key,
            pack(`{"no": "1", "email":"ann@shop.example","secret":"Anna Lind\n`).subarray(0, gzip ? 20 : undefined),
          );
          await store.put(bucket, "till/broken.csv", `email,"secret\nann@shop.example,"Anna Lind`);
        },
        async [Symbol.asyncDispose]() {
          store.client.destroy();
        },
      };
    },
  );
}
