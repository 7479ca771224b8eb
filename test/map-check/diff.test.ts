import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type Desk, list, openDesk, testMap } from "../support/desk.ts";

const people = (more: object = {}): object =>
  testMap({
    systems: {
      share: {
        kind: "files",
        connect: { root: "./data" },
        owner: "it@harbour.example",
        records: { lists: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows", ...more } },
      },
    },
  });

function git(desk: Desk, ...args: readonly string[]): void {
  const who = ["-c", "user.name=t", "-c", "user.email=t@harbour.example"];
  execFileSync("git", [...who, ...args], { cwd: desk.folder, stdio: "ignore" });
}

test("what changed since a git revision, or another file, is told in sentences; a comment is no change", async () => {
  using desk = openDesk();
  desk.map(people());
  git(desk, "init");
  git(desk, "add", "datamap.yaml");
  git(desk, "commit", "-m", "map");
  desk.file("datamap.yaml", `# looked at\n${desk.read("datamap.yaml")}`);
  const none = await desk.json(["map", "diff", "HEAD", "--exit-code"]);
  expect([none.code, list(none.json, "data.changes")]).toEqual([0, []]);

  desk.file("old.yaml", desk.read("datamap.yaml"));
  desk.map(people({ do: "anonymise", fields: { email: "clear" } }));
  for (const base of ["HEAD", "old.yaml"]) {
    const said = await desk.json(["map", "diff", base]);
    expect(said.code).toBe(0);
    expect(said.json).toMatchObject({ data: { changes: [{ record: "share.lists", kind: "erases_less" }] } });
    expect((await desk.json(["map", "diff", base, "--exit-code"])).code).toBe(2);
  }
  const page = await desk.cli(["map", "diff", "HEAD", "--format", "md"]);
  expect(page.out).toMatch(/### share\.lists: erases less\n```diff\n- .*\n\+ .*\n```/u);
});

test.each(["no-such-revision", "--output=stolen", "HEAD:secret", "ann@example.com"])(
  "a base that is neither a file nor a revision ends with an error that does not repeat it: %s",
  async (base) => {
    using desk = openDesk();
    desk.map(people());
    git(desk, "init");
    const said = await desk.json(["map", "diff", "--", base]);
    expect([64, 65]).toContain(said.code);
    expect(`${said.out}${said.err}`).not.toContain(base);
  },
);
