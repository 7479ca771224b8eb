import { people, PRODUCTS, type PeopleOptions, type Shopper } from "./people.ts";

const CHUNK = 5_000;

export interface IndexNames {
  readonly customers: string;
  readonly reviews: string;
}

const keyword = { type: "keyword" };
const text = { type: "text" };

/** Makes the shop's two indexes and fills them. */
export async function seedElasticsearch(url: string, names: IndexNames, options: PeopleOptions): Promise<void> {
  const settings = { number_of_shards: 2, number_of_replicas: 0, refresh_interval: "-1" };
  await send(url, "PUT", names.customers, {
    settings,
    mappings: {
      dynamic: "strict",
      properties: { customer_id: keyword, email: keyword, name: text, city: keyword },
    },
  });
  const author = { properties: { customer_id: keyword, email: keyword, name: text } };
  await send(url, "PUT", names.reviews, {
    settings,
    mappings: {
      dynamic: "strict",
      properties: { author, product: keyword, stars: { type: "integer" }, text },
    },
  });
  let lines: string[] = [];
  const add = (index: string, id: string, source: object) =>
    void lines.push(JSON.stringify({ index: { _index: index, _id: id } }), JSON.stringify(source));
  const flush = async () => {
    if (lines.length === 0) return;
    const answer = await send(url, "POST", "_bulk?filter_path=errors", `${lines.join("\n")}\n`);
    if (answer["errors"] !== false) throw new Error("the search server did not take every document");
    lines = [];
  };
  // ids that are nobody's: a number is not its spellings
  for (const id of ["042", "42 ", "42.0", "4200"])
    add(names.customers, `import-${id.trim()}`, {
      customer_id: id,
      email: "",
      name: "imported",
      city: "",
    });
  for (const shopper of people(options)) {
    addShopper(shopper, names, add);
    if (lines.length >= CHUNK * 2) await flush();
  }
  await flush();
  for (const name of Object.values(names)) {
    await send(url, "PUT", `${name}/_settings`, { index: { refresh_interval: null } });
    await send(url, "POST", `${name}/_refresh`);
  }
}

function addShopper(
  shopper: Shopper,
  names: IndexNames,
  add: (index: string, id: string, source: object) => void,
): void {
  const { id, email, name, city, review } = shopper;
  add(names.customers, `c${id}`, { customer_id: String(id), email, name, city });
  if (review === undefined) return;
  const product = PRODUCTS.find((one) => one.id === review.product)?.name ?? "";
  add(names.reviews, `r${id}`, {
    author: { customer_id: String(id), email, name },
    product,
    stars: review.stars,
    text: review.text,
  });
}

export async function send(
  url: string,
  method: string,
  path: string,
  body?: object | string,
): Promise<Record<string, unknown>> {
  const { origin, username, password } = new URL(url);
  const login =
    username === ""
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`,
        };
  const answer = await fetch(`${origin}/${path}`, {
    method,
    headers: {
      "content-type": typeof body === "string" ? "application/x-ndjson" : "application/json",
      ...login,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  return (await answer.json()) as Record<string, unknown>;
}
