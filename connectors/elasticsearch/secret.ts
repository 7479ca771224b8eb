/** The secret of a search server: a URL (user info allowed), or JSON {node, apiKey | username and password, ca}. */
import { Failure } from "../../src/errors.ts";
import { at, parseJson, textOf, type JsonNode } from "../../src/documents/json-text.ts";

export interface Address {
  /** Without user info. */
  readonly node: string;
  readonly auth?: { apiKey: string } | { username: string; password: string };
  /** PEM. */
  readonly ca?: string;
}

/** Throws CREDENTIALS_REFUSED, never quoting the secret. */
export function readSecret(system: string, secret: string): Address {
  const text = secret.trim();
  const refuse = (what: string) =>
    new Failure("CREDENTIALS_REFUSED", `The secret of ${system} ${what}.`, {
      help: 'Give a URL, or JSON: {"node":…,"apiKey":…} or {"node":…,"username":…,"password":…,"ca":…}.',
    });
  if (!text.startsWith("{")) return address(text, undefined, refuse);
  let given: JsonNode;
  try {
    given = parseJson(text);
  } catch {
    throw refuse("is neither a URL nor JSON");
  }
  const [node, apiKey, username, password, ca] = ["node", "apiKey", "username", "password", "ca"].map((key) =>
    textOf(at(given, key)),
  );
  if (node === undefined) throw refuse("has no `node`");
  if (apiKey !== undefined && username !== undefined) throw refuse("has both `apiKey` and `username`");
  if ((username === undefined) !== (password === undefined)) throw refuse("has only one of `username` and `password`");
  const auth =
    apiKey === undefined
      ? username === undefined || password === undefined
        ? undefined
        : { username, password }
      : { apiKey };
  const found = address(node, auth, refuse);
  return ca === undefined ? found : { ...found, ca };
}

function address(text: string, auth: Address["auth"], refuse: (what: string) => Failure): Address {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw refuse("names no http or https address");
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const found =
    auth ??
    (username === "" ? undefined : { username: decoded(username, refuse), password: decoded(password, refuse) });
  const node = url.href.replace(/\/$/u, "");
  return found === undefined ? { node } : { node, auth: found };
}

function decoded(text: string, refuse: (what: string) => Failure): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse("has user info that is no valid percent encoding");
  }
}
