import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import type { Session } from "./session.ts";
import { resolveTargets } from "./resolved.ts";

export async function* checkTargets(session: Session, _block: SystemBlock, targets: readonly Target[]): AsyncGenerator<Finding> {
  await resolveTargets(session, targets);
}
