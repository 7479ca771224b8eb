import type { Target } from "../../../src/model/search.ts";
import { connectorContract, type Fixture, type SharedDocument } from "../../contract/connector.contract.ts";
import type { Person } from "../../support/cast.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { rawElasticsearch, systemUnderTest } from "./raw.ts";

const documentOf = ({ no, email, secret, kept }: Person): string =>
  JSON.stringify({ no, email, secret, kept, amount: "NUMBER" }).replace('"NUMBER"', "12345678901234567890.10");
const sharedOf = ({ no, members }: SharedDocument): string =>
  JSON.stringify({ no, members: members.map(({ email, secret }) => ({ email, secret })), title: "shared" });

async function open(): Promise<Fixture> {
  const raw = await rawElasticsearch();
  const keyword = { type: "keyword" };
  const off = { type: "keyword", index: false, doc_values: false };
  const properties = {
    no: keyword,
    email: keyword,
    secret: { type: "text" },
    kept: keyword,
    title: off,
    members: { properties: { email: keyword, secret: { type: "text" } } },
  };
  const index = await raw.create("contract", properties, {
    mapping: { dynamic: "strict", properties: { ...properties, amount: { type: "double", index: false } } },
  });

  async function write(documents: Record<string, string>): Promise<void> {
    const ids = Object.keys(await raw.dump(index));
    if (ids.length > 0)
      await raw.call(
        "POST",
        `/${index}/_bulk`,
        ids.map((id) => `${JSON.stringify({ delete: { _id: id } })}\n`).join(""),
      );
    // not refreshed: the connector must look for itself
    await raw.put(index, documents);
  }

  const record = recordType({
    system: "search",
    name: "people",
    place: { kind: "index", pattern: index },
    do: "erase",
  });
  const shared = recordType({
    ...record,
    name: "rooms",
    do: "redact",
    paths: { "members[]": { kind: "remove" } },
    match: { mode: "any", terms: [{ column: "members[].email", source: { kind: "identity", identity: "email" } }] },
  });
  return {
    system: systemUnderTest(),
    columns: { match: "email", no: "no", kept: "kept" },
    by: "email",
    world: { secrets: { search: raw.url } },
    seed: async (people) =>
      await write(Object.fromEntries(people.map((person) => [`d${person.no}`, documentOf(person)]))),
    dump: async () =>
      Object.fromEntries(Object.entries(await raw.dump(index)).map(([id, source]) => [id.slice(1), source])),
    target(action, fold): Target {
      const type =
        action === "delete"
          ? record
          : { ...record, do: "redact" as const, paths: { secret: { kind: "clear" as const } } };
      return targetOf(type, [{ column: "email", type: "email", fold }], ["no"]);
    },
    redaction: {
      change: { kind: "fields", fields: {}, documents: [{ paths: { secret: { kind: "clear" } } }] },
      after: (person) => documentOf(person).replace(JSON.stringify(person.secret), "null"),
    },
    shared: {
      match: "members[].email",
      seed: async (documents) =>
        await write(Object.fromEntries(documents.map((document) => [`d${document.no}`, sharedOf(document)]))),
      target: () => targetOf(shared, [{ column: "members[].email", type: "email", fold: [] }], ["no"]),
      change: { kind: "fields", fields: {}, documents: [{ paths: { "members[]": { kind: "remove" } } }] },
      content: sharedOf,
    },
    async spoil() {
      await raw.call("PUT", `/${index}/_block/write`);
    },
    async mend() {
      await raw.call("PUT", `/${index}/_settings`, { "index.blocks.write": null });
    },
    async [Symbol.asyncDispose]() {
      await raw.call("DELETE", `/${index}`);
    },
  };
}

connectorContract(
  "elasticsearch",
  {
    delete: true,
    fields: true,
    folds: true,
    shared: true,
    where: true,
    due: true,
    points: ["effect_begin", "effect_half", "effect_done"],
  },
  open,
);
