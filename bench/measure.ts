/** A figure, the limit it must keep, and a peer beside it. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: "ms" | "s" | "MB" | "x" | "";
  /** The peer, in its own words: `node -e 0: 41 ms`. */
  readonly peer: string;
}

/** One line; over the limit the bench ends with 1. */
export function print({ what, value, limit, unit, peer }: Figure): void {
  const within = value <= limit;
  const shown = (number: number) =>
    `${number.toLocaleString("en", { maximumFractionDigits: unit === "x" || unit === "s" ? 2 : 0 })} ${unit}`;
  process.stdout.write(`${within ? "ok  " : "OVER"}  ${what}: ${shown(value)} (limit ${shown(limit)}; ${peer})\n`);
  if (!within) process.exitCode = 1;
}

/** Milliseconds each round took. */
export async function time(rounds: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
