import { expect, test } from "vitest";
import { askText, confirmById } from "../../src/terminal/ask.ts";

const nobody = { possible: false, signal: new AbortController().signal };

test("where nobody can answer, a confirmation is refused with the flag that gives it, and a question has no answer", async () => {
  await expect(confirmById("Type it:", "R-2026-0001", nobody)).rejects.toMatchObject({
    code: "CONFIRM_NEEDED",
    exit: 64,
    message: expect.stringContaining("--confirm R-2026-0001"),
  });
  expect(await askText("email:", nobody)).toBeUndefined();
});
