/** What an officer types is kept in clear for years: it holds no identifier of the person it is about, whatever it looks like. */
import { expect, test } from "vitest";
import { stopRequest } from "../../src/requests/end-request.ts";
import { refuseTheirs } from "../../src/requests/checked-text.ts";
import { openRequests } from "../../src/requests/open-request.ts";
import { recordIdentity } from "../../src/requests/record-identity.ts";
import { openShop } from "../engine/shop.ts";

const SUBJECT = { identifiers: { email: ["cay@shop.example"], card: ["77553311", "AB 12"] } };

test("a ticket, a method or a reason that holds the person's own number is refused, and not repeated", async () => {
  await using shop = await openShop({
    identities: { email: { type: "email", fold: ["trim", "lowercase"] }, card: { type: "string" } },
  });
  const { context, workspace } = shop.house;
  const opened = async (ref: string) =>
    await openRequests(context, [SUBJECT], workspace.pseudonym, { batch: false, ref });
  const refused = expect.objectContaining({
    code: "IDENTIFIER_IN_ARGUMENTS",
    message: expect.not.stringMatching(/7755|AB 12/u),
  });
  for (const ref of ["77553311", "T-77553311", "card ab 12"]) await expect(opened(ref)).rejects.toThrow(refused);
  const [request] = await opened("T-7755331");
  const id = request?.id ?? "";
  await expect(recordIdentity(context, id, "card ab 12 was shown", "ok")).rejects.toThrow(refused);
  const reason = "nobody is known under 77553311";
  await expect(stopRequest(context, id, "refused", { reason, timezone: "Europe/Berlin" })).rejects.toThrow(refused);
  await recordIdentity(context, id, "the card was shown", "ok");
  expect(JSON.stringify(await context.state.read.requests.get(id))).not.toMatch(/77553311|AB 12/u);
  refuseTheirs("--ref", "T-7755331", [SUBJECT]);
});
