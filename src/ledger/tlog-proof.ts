/** C2SP tlog-proof: one entry of the ledger, provable offline. */
import { Failure } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";

export const TLOG_PROOF_HEAD = "c2sp.org/tlog-proof@v1";

export interface TlogProof {
  /** Opens the leaf; the format itself does not vouch for it. */
  readonly extra: Uint8Array;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export function tlogProofText({ extra, index, path, checkpoint }: TlogProof): string {
  return [TLOG_PROOF_HEAD, `extra ${toBase64(extra)}`, `index ${index}`, ...path.map(toBase64), "", checkpoint].join(
    "\n",
  );
}

/** Throws PROOF_INVALID. A proof without `extra` is refused: it would not say what was logged. */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf("\n\n");
  const [head, extraLine = "", indexLine = "", ...hashes] = text.slice(0, split).split("\n");
  const extra = extraLine.startsWith("extra ") ? fromBase64(extraLine.slice(6)) : undefined;
  const index = /^index (0|[1-9]\d{0,14})$/u.exec(indexLine)?.[1];
  const path = hashes.map(fromBase64).filter((hash) => hash?.length === 32);
  if (
    split < 0 ||
    head !== TLOG_PROOF_HEAD ||
    extra === undefined ||
    index === undefined ||
    path.length !== hashes.length ||
    path.length > 63
  )
    throw new Failure("PROOF_INVALID", "the tlog-proof is malformed");
  return {
    extra,
    index: Number(index),
    path: path.filter((hash) => hash !== undefined),
    checkpoint: text.slice(split + 2),
  };
}
