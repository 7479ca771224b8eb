/** Reads lists of lines as they were stored: what is no list, or no object, is none. */
export function listIn(value: unknown, name: string): readonly object[] {
  const list: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return Array.isArray(list) ? list.filter((one): one is object => typeof one === "object" && one !== null) : [];
}
