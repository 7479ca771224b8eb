const TYPED = /^([RD])-?(\d{4})-(\d{1,8})$/iu;

/** A request's id as it is stored, however it was typed: `r-2026-3` is `R-2026-0003`. What has no such form stays as it is. */
export function requestId(typed: string): string {
  const [, letter, year, number] = TYPED.exec(typed.trim()) ?? [];
  if (letter === undefined || year === undefined || number === undefined) return typed;
  return `${letter.toUpperCase()}-${year}-${number.replace(/^0+(?=\d)/u, "").padStart(4, "0")}`;
}

/** Whether a text is an id, or would be with its zeros. */
export function isRequestId(typed: string): boolean {
  return TYPED.test(typed.trim());
}

/** Whether an id is that of due work, which nobody asked for. */
export function isDueWork(id: string): boolean {
  return id.startsWith("D-");
}
