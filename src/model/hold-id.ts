const TYPED = /^H-?(\d{4})-(\d{1,8})$/iu;

/** A legal hold's id as it is stored, however it was typed: `h-2026-3` is `H-2026-0003`. What has no such form stays as it is. */
export function holdId(typed: string): string {
  const [, year, number] = TYPED.exec(typed.trim()) ?? [];
  if (year === undefined || number === undefined) return typed;
  return `H-${year}-${number.replace(/^0+(?=\d)/u, "").padStart(4, "0")}`;
}

/** Whether a text is an id, or would be with its zeros. */
export function isHoldId(typed: string): boolean {
  return TYPED.test(typed.trim());
}
