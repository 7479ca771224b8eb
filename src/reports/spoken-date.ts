const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `2026-12-02` as "2 December 2026", an instant as "2 December 2026, 10:03 UTC"; any other text as it is. */
export function spoken(date: string): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2}))?/u.exec(date);
  const month = MONTHS[Number(found?.[2]) - 1];
  if (found === null || month === undefined) return date;
  return `${Number(found[3])} ${month} ${found[1] ?? ""}${found[4] === undefined ? "" : `, ${found[4]} UTC`}`;
}
