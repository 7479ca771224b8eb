export interface NaiveRecord {
  readonly cells: readonly string[];
  /** Characters, line end included. */
  readonly start: number;
  readonly end: number;
}

/**
 * An independent and naive reading of strict CSV: character by character, nothing shared with the product. null where
 * the text must be refused. Blank lines belong to no record.
 */
export function naiveCsv(text: string, delimiter: string): NaiveRecord[] | null {
  const records: NaiveRecord[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    if (text[at] === "\n") {
      at += 1;
      continue;
    }
    if (text[at] === "\r" && text[at + 1] === "\n") {
      at += 2;
      continue;
    }
    const cells: string[] = [];
    for (;;) {
      let value = "";
      if (text[at] === '"') {
        at += 1;
        for (;;) {
          if (at >= text.length) return null;
          if (text[at] === '"' && text[at + 1] === '"') {
            value += '"';
            at += 2;
          } else if (text[at] === '"') {
            at += 1;
            break;
          } else value += text[at++];
        }
        const closed =
          at >= text.length ||
          text[at] === delimiter ||
          text[at] === "\n" ||
          (text[at] === "\r" && text[at + 1] === "\n");
        if (!closed) return null;
      } else {
        while (
          at < text.length &&
          text[at] !== delimiter &&
          text[at] !== "\n" &&
          !(text[at] === "\r" && text[at + 1] === "\n")
        ) {
          if (text[at] === '"' || isBareReturn(text, at)) return null;
          value += text[at++];
        }
      }
      cells.push(value);
      if (text[at] === delimiter) {
        at += 1;
        continue;
      }
      break;
    }
    if (text[at] === "\r") at += 2;
    else if (text[at] === "\n") at += 1;
    records.push({ cells, start, end: at });
  }
  return records.some(({ cells }) => cells.length !== records[0]?.cells.length) ? null : records;
}

function isBareReturn(text: string, at: number): boolean {
  return text[at] === "\r" && at + 1 < text.length && text[at + 1] !== "\n" && text[at + 1] !== "\r";
}
