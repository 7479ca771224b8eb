/** The same code, however the formatter breaks its lines. */
export function asWritten(code: string): RegExp {
  const parts = code
    .trim()
    .split(/\s+/u)
    .map((part) => escaped(part).replaceAll("\\(", "\\(\\s*").replaceAll("\\)", ",?\\s*\\)"));
  return new RegExp(parts.join("\\s*"), "gu");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}
