/** DSSE 1.0: a signature over a type and the exact bytes of a payload. One envelope has one signature here. */
import { type KeyObject, sign, verify } from "node:crypto";
import { Failure } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { closedObject, isList, jcs, parseJcs } from "./jcs.ts";
import type { VerifierKey } from "./verifier-key.ts";

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** The bytes that are signed. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ]);
}

/** The envelope's file: canonical JSON and one line end. */
export function sealEnvelope(payloadType: string, payload: Uint8Array, key: KeyObject, verifier: VerifierKey): string {
  const signature = sign(null, preAuthEncoding(payloadType, payload), key);
  const keyid = `${verifier.name}+${Buffer.from(verifier.id).toString("hex")}`;
  return `${jcs({ payload: toBase64(payload), payloadType, signatures: [{ keyid, sig: toBase64(signature) }] })}\n`;
}

/** Throws PROOF_INVALID for anything but exactly what `sealEnvelope` writes; `keyid` is a hint and may be any text. */
export function parseEnvelope(file: Uint8Array): Envelope {
  if (file.at(-1) !== 0x0a) throw new Failure("PROOF_INVALID", "the envelope does not end in a line end");
  const { payload, payloadType, signatures } = closedObject(parseJcs(file.subarray(0, -1)), "the envelope", [
    "payload",
    "payloadType",
    "signatures",
  ]);
  const [only, ...more] = isList(signatures) ? signatures : [];
  const { keyid, sig } = closedObject(only, "the signature", ["keyid", "sig"]);
  const bytes = typeof payload === "string" ? fromBase64(payload) : undefined;
  const signature = typeof sig === "string" ? fromBase64(sig) : undefined;
  if (
    bytes === undefined ||
    signature === undefined ||
    typeof payloadType !== "string" ||
    typeof keyid !== "string" ||
    more.length > 0
  )
    throw new Failure("PROOF_INVALID", "the envelope is malformed");
  return { payloadType, payload: bytes, signature };
}

export function isSealedBy({ payloadType, payload, signature }: Envelope, verifier: VerifierKey): boolean {
  return verify(null, preAuthEncoding(payloadType, payload), verifier.key, signature);
}
