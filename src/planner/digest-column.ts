/** Digests of a block, each of 32 bytes. */
const BLOCK = 1024;
const BYTES = 32;
const DIGEST = /^[0-9a-f]{64}$/u;

/** Texts by their number from 0, those that are SHA-256 in hex as bytes: a text takes three times as much. */
export interface DigestColumn {
  get(row: number): string;
  set(row: number, text: string): void;
}

export function digestColumn(): DigestColumn {
  const blocks: Buffer[] = [];
  const others = new Map<number, string>();
  return {
    get(row) {
      const from = (row % BLOCK) * BYTES;
      return others.get(row) ?? blocks[Math.floor(row / BLOCK)]?.toString("hex", from, from + BYTES) ?? "";
    },
    set(row, text) {
      if (!DIGEST.test(text)) {
        others.set(row, text);
        return;
      }
      others.delete(row);
      (blocks[Math.floor(row / BLOCK)] ??= Buffer.alloc(BLOCK * BYTES)).write(text, (row % BLOCK) * BYTES, "hex");
    },
  };
}
