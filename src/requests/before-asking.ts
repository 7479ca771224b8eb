/** What is looked at before a person is asked for anything: nobody answers questions only to learn that it may not be done. */
import { isRequestId, requestId } from "../model/request-id.ts";
import type { Act } from "../model/person.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Registry } from "../port/registry.ts";
import type { Reads } from "../state/state.ts";
import { actingIn, openReading, type Reading } from "../workspace.ts";

type Given = Readonly<Record<string, unknown>>;

/**
 * Throws NO_WORKSPACE, NO_SUCH_REQUEST where an id was typed, NOT_ALLOWED and KEY_MISSING where whoever types may not do
 * this, and why `mayBegin` refuses that request.
 */
export async function lookBeforeAsking(
  { args, flags, signal }: { readonly args: Given; readonly flags: Given; readonly signal: AbortSignal },
  { registry, act }: { readonly registry: Registry; readonly act?: Act },
  mayBegin: (
    reads: Reads,
    request: ErasureRequest,
    reading: Pick<Reading, "today" | "now">,
  ) => Promise<void> = async () => {},
  /** Looks at whatever else it is about. */
  mayAct: (reads: Reads, reading: Pick<Reading, "today" | "now">) => Promise<void> = async () => {},
): Promise<void> {
  const given = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
  const places = {
    map: given("map") ?? "datamap.yaml",
    workspace: given("workspace") ?? ".expunge",
    keys: given("keys"),
    as: given("as"),
    "sign-with": given("sign-with"),
  };
  await using reading = await openReading(places, { registry, signal, deadlines: false });
  if (act !== undefined) await actingIn(places, act, reading);
  await mayAct(reading.state.read, reading);
  const { id } = args;
  if (typeof id !== "string" || !isRequestId(id)) return;
  const { read } = reading.state;
  await mayBegin(read, await read.requests.get(requestId(id)), reading);
}
