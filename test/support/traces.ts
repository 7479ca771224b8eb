import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { filesBelow } from "./desk.ts";

interface Form {
  readonly form: string;
  readonly bytes: Buffer;
  /** Compare without case. */
  readonly fold: boolean;
}

/** The shapes in which a value leaks: as it is in any case, URL-encoded, hex, UTF-16, base64 at each of three offsets, as an unkeyed hash. */
function formsOf(value: string): readonly Form[] {
  const raw = Buffer.from(value);
  const folded = (form: string, text: string): Form => ({
    form,
    bytes: Buffer.from(text.toLowerCase(), "latin1"),
    fold: true,
  });
  const exact = (form: string, text: string): Form => ({ form, bytes: Buffer.from(text, "latin1"), fold: false });
  const base64 = [0, 1, 2].flatMap((pad) => {
    const whole = Buffer.concat([Buffer.alloc(pad), raw])
      .toString("base64")
      .replace(/=+$/u, "");
    const inner = whole.slice([0, 2, 3][pad], (raw.length + pad) % 3 === 0 ? undefined : -1);
    return [exact("base64", inner), exact("base64url", inner.replaceAll("+", "-").replaceAll("/", "_"))];
  });
  const hashes = [value, value.toLowerCase()].flatMap((text) =>
    ["md5", "sha1", "sha256", "sha512"].flatMap((name) => {
      const hash = createHash(name).update(text).digest();
      return [
        folded(`${name} hex`, hash.toString("hex")),
        exact(`${name} base64`, hash.toString("base64").replace(/=+$/u, "")),
      ];
    }),
  );
  return [
    folded("value", raw.toString("latin1")),
    folded("url", encodeURIComponent(value)),
    folded("hex", raw.toString("hex")),
    { form: "utf-16", bytes: Buffer.from(value, "utf16le"), fold: false },
    ...base64,
    ...hashes,
  ];
}

/** Where a trace of any of the values is: `place (form)`, each once. */
export function tracesIn(places: Iterable<readonly [string, Buffer]>, values: readonly string[]): readonly string[] {
  const forms = values.flatMap(formsOf);
  const found = new Set<string>();
  for (const [place, bytes] of places) {
    const lower = Buffer.from(bytes.toString("latin1").toLowerCase(), "latin1");
    for (const form of forms)
      if ((form.fold ? lower : bytes).includes(form.bytes)) found.add(`${place} (${form.form})`);
  }
  return [...found];
}

/** Every file below a folder, to be searched. */
export function* contents(folder: string): Generator<readonly [string, Buffer]> {
  for (const file of filesBelow(folder)) yield [path.relative(folder, file), readFileSync(file)];
}
