import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Approved, isApprovedBy, signerOf } from "../../src/ledger/approval-statement.ts";
import { fromBase64, toBase64 } from "../../src/ledger/base64.ts";
import { isSealedBy, parseEnvelope, preAuthEncoding, sealEnvelope } from "../../src/ledger/dsse.ts";
import { checkpointText, isSignedBy, parseCheckpoint, parseNote, signNote } from "../../src/ledger/signed-note.ts";
import { parseTlogProof, tlogProofText } from "../../src/ledger/tlog-proof.ts";
import { isOrigin, isSoundKey, parseVerifierKey, verifierKeyOf } from "../../src/ledger/verifier-key.ts";
import { newKey } from "./entries.ts";

const refused = expect.objectContaining({ code: "PROOF_INVALID" });
const origin = "example.org/erasure-ledger/1";
const key = newKey();
const verifier = verifierKeyOf(origin, key);

describe("base64", () => {
  it("has one text for the same bytes: no white space, no missing padding, no loose bits, no other alphabet", () => {
    for (const text of ["QQ==", "", "////"]) expect(toBase64(fromBase64(text) ?? Buffer.of(1))).toBe(text);
    for (const text of ["QQ", "QR==", "QQ==\n", " QQ==", "____", "Q=Q=", "QQ===", "é"])
      expect(fromBase64(text)).toBeUndefined();
  });
});

describe("a verifier key", () => {
  it("is read back, and refused with another id, another type, another name or one character more", () => {
    expect(parseVerifierKey(verifier.text)).toEqual(verifier);
    const [name = "", id = "", base64 = ""] = verifier.text.split("+");
    const rest = verifier.text.slice(name.length + id.length + 2);
    const otherType = Buffer.from(rest, "base64");
    otherType[0] = 4;
    for (const text of [
      `${name}+00000000+${rest}`,
      `${name}x+${id}+${rest}`,
      `${name}+${id}+${toBase64(otherType)}`,
      `${verifier.text} `,
      `${verifier.text}=`,
      `${id}+${rest}`,
      base64,
      "",
    ])
      expect(() => parseVerifierKey(text)).toThrow(refused);
  });

  it("has a name without spaces, plus or control characters", () => {
    expect(["a b", "a+b", "", "a\u0000", "a\u00a0b", "a\u200bb", "x".repeat(256)].filter(isOrigin)).toEqual([]);
    // nor with letters that nobody sees: two keys would look alike
    const unseen = ["\u3164", "\u115f", "\u2800", "\ufe0f", "\u034f", "\u17b4", "\u{e0100}"];
    expect(unseen.filter((sign) => isOrigin(`a${sign}b`))).toEqual([]);
    expect(isOrigin("expunge.local/0a1b2c3d")).toBe(true);
    expect(() => verifierKeyOf("a b", key)).toThrow("without spaces");
    expect(() => verifierKeyOf(origin, generateKeyPairSync("x25519").privateKey)).toThrow("Ed25519");
  });

  /** Arithmetic on the curve, only to show that the constants in the code are what they claim. */
  const p = 2n ** 255n - 19n;
  const mod = (n: bigint): bigint => ((n % p) + p) % p;
  const power = (base: bigint, exponent: bigint): bigint =>
    exponent === 0n ? 1n : mod(power(mod(base * base), exponent / 2n) * (exponent % 2n === 1n ? base : 1n));
  const inverse = (n: bigint): bigint => power(mod(n), p - 2n);
  const d = mod(-121665n * inverse(121666n));
  const add = ([x1, y1]: [bigint, bigint], [x2, y2]: [bigint, bigint]): [bigint, bigint] => {
    const t = mod(d * mod(x1 * x2) * mod(y1 * y2));
    return [mod((x1 * y2 + x2 * y1) * inverse(1n + t)), mod((y1 * y2 + x1 * x2) * inverse(1n - t))];
  };
  const pointAt = (y: bigint): [bigint, bigint] | undefined => {
    const square = mod((y * y - 1n) * inverse(d * y * y + 1n));
    const root = power(square, (p + 3n) / 8n);
    const x = [root, mod(root * power(2n, (p - 1n) / 4n))].find((one) => mod(one * one) === square);
    return x === undefined ? undefined : [x, y];
  };
  const encoded = (y: bigint, sign: bigint): Buffer =>
    Buffer.from((y + (sign << 255n)).toString(16).padStart(64, "0"), "hex").reverse();

  it("is refused for every encoding of a point whose order divides 8, canonical or not: 14 of them", () => {
    // the eight points: multiples of one of order 8
    const candidates = [2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, 11n].values();
    const [generator] = candidates.flatMap((y) => {
      const point = pointAt(y);
      if (point === undefined) return [];
      const order = 2n ** 252n + 27742317777372353535851937790883648493n;
      let torsion: [bigint, bigint] = [0n, 1n];
      for (let bit = 252n; bit >= 0n; bit -= 1n) {
        torsion = add(torsion, torsion);
        if ((order >> bit) & 1n) torsion = add(torsion, point);
      }
      const four = add(add(torsion, torsion), add(torsion, torsion));
      return four[1] === p - 1n ? [torsion] : [];
    });
    if (generator === undefined) throw new Error("no point of order 8 found");
    const ys = new Set<bigint>();
    for (let step = 0, point: [bigint, bigint] = [0n, 1n]; step < 8; step += 1, point = add(point, generator))
      ys.add(point[1]);
    expect(ys.size).toBe(5);
    const encodings = [...ys]
      .flatMap((y) => [y, ...(y + p < 2n ** 255n ? [y + p] : [])])
      .flatMap((y) => [encoded(y, 0n), encoded(y, 1n)]);
    expect(encodings).toHaveLength(14);
    expect(encodings.filter(isSoundKey)).toEqual([]);
    const text = (raw: Buffer): string => `x+00000000+${toBase64(Buffer.concat([Buffer.of(1), raw]))}`;
    for (const raw of encodings) expect(() => parseVerifierKey(text(raw))).toThrow("low order");
  });

  it("is refused for y at or beyond the field's size, and sound for real keys", () => {
    for (let n = 0n; n < 19n; n += 1n) expect(isSoundKey(encoded(p + n, n % 2n))).toBe(false);
    for (let n = 0; n < 20; n += 1)
      expect(isSoundKey(Buffer.from(newKey().export({ format: "jwk" }).x ?? "", "base64url"))).toBe(true);
  });
});

describe("a signed note", () => {
  const text = checkpointText({ origin, size: 3, root: Buffer.alloc(32, 7) });
  const note = signNote(text, key, verifier);

  it("holds for its key, and for no other key of the same name", () => {
    expect(isSignedBy(parseNote(note), verifier)).toBe(true);
    expect(isSignedBy(parseNote(note), verifierKeyOf(origin, newKey()))).toBe(false);
  });

  it("keeps its own signature beside those of witnesses, and refuses its own twice", () => {
    const witness = newKey();
    const line = signNote(text, witness, verifierKeyOf("witness.example/w", witness)).split("\n").at(-2) ?? "";
    expect(isSignedBy(parseNote(`${note}${line}\n`), verifier)).toBe(true);
    expect(isSignedBy(parseNote(`${note}${note.split("\n").at(-2) ?? ""}\n`), verifier)).toBe(false);
  });

  it("is refused without its blank line, with a control character, or with a malformed signature line", () => {
    for (const wrong of [
      text,
      note.replace("\n\n", "\n"),
      note.slice(0, -1),
      note.replace("\u2014", "-"),
      note.replace("\n3\n", "\n3\u0001\n"),
      `${note}\u2014 a b c\n`,
      note.replace("\u2014 ", "\u2014  "),
    ])
      expect(() => parseNote(wrong)).toThrow(refused);
  });

  it("states a head only as origin, size without leading zeros, and 32 bytes", () => {
    expect(parseCheckpoint(text)).toEqual({ origin, size: 3, root: Buffer.alloc(32, 7) });
    for (const wrong of [
      text.replace("\n3\n", "\n03\n"),
      text.replace("\n3\n", "\n-3\n"),
      text.replace("\n3\n", "\n9007199254740993000\n"),
      `${text}more\n`,
      text.slice(0, -1),
      text.replace("Bwc", "Bw"),
      checkpointText({ origin, size: 3, root: Buffer.alloc(31, 7) }),
      text.replace(origin, "a b"),
    ])
      expect(() => parseCheckpoint(wrong)).toThrow(refused);
  });
});

describe("an envelope", () => {
  const file = sealEnvelope("application/x-test", Buffer.from("hello world"), key, verifier);

  it("signs the bytes that DSSE says", () =>
    expect(preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world")).toString()).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    ));

  it("holds for its key only, whatever its keyid says", () => {
    expect(isSealedBy(parseEnvelope(Buffer.from(file)), verifier)).toBe(true);
    expect(isSealedBy(parseEnvelope(Buffer.from(file.replace(`${verifier.name}+`, "someone+"))), verifier)).toBe(true);
    expect(isSealedBy(parseEnvelope(Buffer.from(file)), verifierKeyOf(origin, newKey()))).toBe(false);
    expect(isSealedBy(parseEnvelope(Buffer.from(file.replace("x-test", "x-rest"))), verifier)).toBe(false);
  });

  it("is refused with another key, a second signature, another line end or no canonical form", () => {
    const twice = file.replace(/"signatures":\[(.*)\]/u, '"signatures":[$1,$1]');
    for (const wrong of [
      file.trimEnd(),
      `${file}\n`,
      ` ${file}`,
      file.replace('{"payload"', '{"more":1,"payload"'),
      file.replace('"keyid"', '"a":1,"keyid"'),
      twice,
      file.replace('"sig":"', '"sig":"='),
      "{}\n",
      "[]\n",
      "\n",
    ])
      expect(() => parseEnvelope(Buffer.from(wrong))).toThrow(refused);
  });
});

describe("a tlog-proof", () => {
  const proof = {
    extra: Buffer.from("{}"),
    index: 5,
    path: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
    checkpoint: "note\n\nsignature\n",
  };

  it("is read back as it was written", () => {
    const text = tlogProofText(proof);
    expect(text.split("\n").slice(0, 3)).toEqual(["c2sp.org/tlog-proof@v1", "extra e30=", "index 5"]);
    expect(parseTlogProof(text)).toEqual(proof);
  });

  it("is refused without extra, with a bad index or a hash of another length", () => {
    const text = tlogProofText(proof);
    for (const wrong of [
      text.replace("@v1", "@v2"),
      text.replace("extra e30=\n", ""),
      text.replace("index 5", "index 05"),
      text.replace("index 5", "index -5"),
      text.replace("AQEB", "AQ"),
      text.replace("e30=", "e30"),
      "c2sp.org/tlog-proof@v1\n",
    ])
      expect(() => parseTlogProof(wrong)).toThrow(refused);
  });
});

describe("a person's signature under an approval", () => {
  const approved: Approved = {
    request: "R-2026-0001",
    plan: "P-0001",
    plan_digest: "ab".repeat(32),
    at: "2026-11-30T09:00:00.000Z",
    role: "dpo",
  };
  const signer = signerOf(newKey());
  const signature = signer.sign(approved);

  it("holds for what was signed, by whoever signed it, and for nothing else", () => {
    expect(isApprovedBy(signer.key, signature, approved)).toBe(true);
    expect(isApprovedBy(signerOf(newKey()).key, signature, approved)).toBe(false);
    for (const [name, value] of [
      ["request", "R-2026-0002"],
      ["plan", "P-0002"],
      ["plan_digest", "ac".repeat(32)],
      ["at", "2026-11-30T09:00:00.001Z"],
      ["role", undefined],
    ] as const)
      expect([name, isApprovedBy(signer.key, signature, { ...approved, [name]: value })]).toEqual([name, false]);
    const flipped = Buffer.from(signature, "base64");
    for (const at of flipped.keys()) {
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(isApprovedBy(signer.key, flipped.toString("base64"), approved)).toBe(false);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
    }
  });

  it("of a key with which every text can be signed does not hold", () => {
    const identity = Buffer.alloc(32);
    identity[0] = 1;
    // R = identity, S = 0 verifies under the identity point for any text where the key is not looked at
    const forged = Buffer.concat([identity, Buffer.alloc(32)]);
    expect(isApprovedBy(identity.toString("base64"), forged.toString("base64"), approved)).toBe(false);
    expect(isApprovedBy("short", forged.toString("base64"), approved)).toBe(false);
  });
});
