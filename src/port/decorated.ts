import type { System } from "./connector.ts";
import { metered } from "./metered.ts";
import type { Pace } from "./pace.ts";
import { paced } from "./paced.ts";
import { pointed } from "./pointed.ts";
import { redacted } from "./redacted.ts";

/** What every system gets without its connector doing anything for it. `name`: as the data map calls it. */
export function decorated(system: System, { name, pace }: { readonly name: string; readonly pace: Pace }): System {
  const { openPlanter } = system;
  // a rehearsal has nothing to count, and no pace: it is on a test system
  const planted = openPlanter === undefined ? {} : { openPlanter };
  return redacted({ ...pointed(metered(paced(system, pace))), ...planted }, name);
}
