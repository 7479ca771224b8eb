/** The calls in which Elasticsearch and OpenSearch differ. A second dialect goes here, and nowhere else. */
import { Failure } from "../../src/errors.ts";
import { unexpected, type Api } from "./api.ts";
import { shown } from "../../src/model/shown.ts";
import { at, textOf } from "../../src/documents/json-text.ts";

const KEEP_ALIVE = "5m";

export interface Dialect {
  /** Opens a point in time on one index and gives its id. */
  openPit(api: Api, index: string): Promise<string>;
  closePit(api: Api, id: string): Promise<void>;
  /** The part of a search body that reads from it. */
  pitOf(id: string): { readonly pit: { readonly id: string; readonly keep_alive: string } };
}

export const elasticsearch: Dialect = {
  async openPit(api, index) {
    const answer = await api.ask(
      {
        method: "POST",
        path: `/${encodeURIComponent(index)}/_pit`,
        query: { keep_alive: KEEP_ALIVE, expand_wildcards: "all" },
      },
      { index, right: "read" },
    );
    const id = textOf(at(answer.body, "id"));
    if (id === undefined) throw unexpected(api, `no point in time was opened on index ${shown(index)}`);
    return id;
  },
  async closePit(api, id) {
    // it ends by itself after the keep-alive: a failure here hides none that came before
    await api
      .send({ method: "DELETE", path: "/_pit", body: JSON.stringify({ id }), always: true })
      .catch(() => undefined);
  },
  pitOf: (id) => ({ pit: { id, keep_alive: KEEP_ALIVE } }),
};

/** What a server says of itself. */
export interface Probed {
  readonly dialect: Dialect;
  /** Of the cluster; undefined where this user is not told. */
  readonly cluster: string | undefined;
}

/** Throws SYSTEM_UNREACHABLE where what answers is another kind of server. */
export async function probe(api: Api): Promise<Probed> {
  const answer = await api.send({ method: "GET", path: "/" });
  if (textOf(at(answer.body, "version", "distribution")) === "opensearch")
    throw new Failure(
      "SYSTEM_UNREACHABLE",
      `${api.system} is an OpenSearch server, and the data map says kind elasticsearch.`,
    );
  const uuid = textOf(at(answer.body, "cluster_uuid"));
  const probed = { dialect: elasticsearch, cluster: uuid === "_na_" ? undefined : uuid };
  if (answer.elastic) return probed;
  // a proxy may hide the header: a name of the product in the answer is as good
  if (answer.status === 200 && textOf(at(answer.body, "tagline")) === "You Know, for Search") return probed;
  throw new Failure(
    "SYSTEM_UNREACHABLE",
    `${api.system}: what answers there is no Elasticsearch (status ${answer.status}).`,
  );
}
