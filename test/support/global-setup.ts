import { openRun } from "./servers/run.ts";

/** One run of the servers for a whole `vitest run`; what it returns is called at the end. */
export default async function setup(): Promise<() => Promise<void>> {
  const run = await openRun();
  return async () => await run.close();
}
