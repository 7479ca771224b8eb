import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { registry } from "../connectors/registry.ts";
import type { Kind } from "../src/datamap/check.ts";
import { dataMapSchema } from "../src/datamap/json-schema.ts";
import { meaningOf } from "../src/datamap/meaning.ts";
import { ownKeys } from "../src/datamap/own-keys.ts";
import { unitsOf } from "../src/planner/units.ts";
import { CONNECT, PLACE } from "../src/port/keys.ts";
import { good, HOW, lint } from "./datamap/lint-map.ts";
import { circlesIn, edgesOf } from "./support/circles.ts";
import { roomOf } from "./support/docs/structure.ts";
import { type Import, importsIn, importsOfTree } from "./support/imports.ts";

const ROOT = join(import.meta.dirname, "..");

/** Rooms, from the cellar up: each with the rooms it may import from. A file directly under src/ is a room of its own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/model": [],
  "src/errors.ts": [],
  "src/package-files.ts": ["src/errors.ts"],
  "src/write-whole.ts": ["src/errors.ts"],
  "src/proof-input.ts": ["src/workspace-place.ts", "src/errors.ts"],
  "src/retention": ["src/model", "src/errors.ts"],
  "src/record-files": ["src/port", "src/model", "src/errors.ts"],
  "src/documents": ["src/record-files", "src/model"],
  "src/sql": ["src/port", "src/documents", "src/record-files", "src/model", "src/errors.ts"],
  "src/ledger": ["src/model", "src/errors.ts"],
  "src/datamap": ["src/port", "src/model", "src/errors.ts"],
  "src/state": ["src/port", "src/model", "src/errors.ts"],
  "src/port": ["src/model", "src/errors.ts"],
  "connectors/*": ["src/port", "src/record-files", "src/documents", "src/model", "src/errors.ts", "src/sql"],
  "connectors/registry.ts": ["src/port", "connectors/*"],
  "src/planner": ["src/datamap", "src/port", "src/state", "src/retention", "src/model", "src/errors.ts"],
  "src/executor": ["src/planner", "src/port", "src/state", "src/retention", "src/model", "src/errors.ts"],
  "src/reports": ["src/ledger", "src/retention", "src/model", "src/errors.ts"],
  "src/letters": ["src/reports", "src/model", "src/errors.ts"],
  "src/terminal": ["src/executor", "src/model", "src/errors.ts"],
  "src/map-file.ts": [
    "src/port",
    "src/datamap",
    "src/ledger",
    "src/retention",
    "src/package-files.ts",
    "src/model",
    "src/errors.ts",
  ],
  "src/drafting": ["src/model"],
  "src/map-picture": ["src/datamap", "src/reports", "src/model"],
  "src/draft-map.ts": [
    "src/drafting",
    "src/map-file.ts",
    "src/package-files.ts",
    "src/workspace.ts",
    "src/port",
    "src/model",
    "src/errors.ts",
  ],
  "src/map-in-force.ts": ["src/ledger", "src/state"],
  "src/person-keys.ts": ["src/ledger", "src/state", "src/errors.ts"],
  "src/workspace-place.ts": ["src/state", "src/errors.ts"],
  "src/left-planted.ts": ["src/port", "src/state", "src/model", "src/errors.ts"],
  "src/rehearsal": ["src/map-check", "src/documents", "src/model"],
  "src/scratch-workspace.ts": [
    "src/workspace.ts",
    "src/person-keys.ts",
    "src/requests",
    "src/executor",
    "src/ledger",
    "src/state",
    "src/port",
    "src/package-files.ts",
    "src/model",
  ],
  "src/rehearse-map.ts": [
    "src/scratch-workspace.ts",
    "src/left-planted.ts",
    "src/workspace.ts",
    "src/rehearsal",
    "src/requests",
    "src/executor",
    "src/planner",
    "src/port",
    "src/model",
    "src/errors.ts",
  ],
  "src/workspace.ts": [
    "src/left-planted.ts",
    "src/workspace-place.ts",
    "src/map-file.ts",
    "src/map-in-force.ts",
    "src/person-keys.ts",
    "src/port",
    "src/state",
    "src/ledger",
    "src/retention",
    "src/model",
    "src/errors.ts",
  ],
  "src/make-workspace.ts": [
    "src/workspace.ts",
    "src/workspace-place.ts",
    "src/package-files.ts",
    "src/state",
    "src/ledger",
    "src/errors.ts",
  ],
  "src/doctor.ts": [
    "src/workspace.ts",
    "src/workspace-place.ts",
    "src/map-file.ts",
    "src/port",
    "src/planner",
    "src/retention",
    "src/state",
    "src/model",
    "src/errors.ts",
  ],
  "src/base-map.ts": ["src/map-file.ts", "src/port", "src/errors.ts"],
  "src/explaining": ["src/datamap", "src/retention", "src/model"],
  "src/map-effect.ts": [
    "src/workspace.ts",
    "src/map-file.ts",
    "src/planner",
    "src/port",
    "src/retention",
    "src/errors.ts",
  ],
  "src/map-check": ["src/planner", "src/record-files", "src/model", "src/errors.ts"],
  "src/check-map.ts": [
    "src/workspace.ts",
    "src/write-whole.ts",
    "src/map-check",
    "src/planner",
    "src/port",
    "src/model",
    "src/errors.ts",
  ],
  "src/requests": [
    "src/workspace.ts",
    "src/map-in-force.ts",
    "src/executor",
    "src/planner",
    "src/letters",
    "src/reports",
    "src/ledger",
    "src/datamap",
    "src/state",
    "src/retention",
    "src/package-files.ts",
    "src/port",
    "src/model",
    "src/errors.ts",
  ],
  "src/base-command.ts": ["src/terminal", "src/model", "src/errors.ts"],
  "src/bin-command.ts": ["src/base-command.ts", "src/planner", "src/terminal", "src/model", "src/errors.ts"],
  "src/hold-command.ts": [
    "src/base-command.ts",
    "src/requests",
    "src/workspace.ts",
    "src/terminal",
    "src/port",
    "src/model",
    "src/errors.ts",
  ],
  "src/end-command.ts": [
    "src/base-command.ts",
    "src/requests",
    "src/workspace.ts",
    "src/executor",
    "src/terminal",
    "src/state",
    "src/port",
    "src/model",
    "src/errors.ts",
  ],
};

/** Each system's client, and other packages that have one home. */
const HOMES: Readonly<Record<string, string | readonly string[]>> = {
  // a workspace may be a database too
  pg: ["connectors/postgres/", "src/state/"],
  "node:sqlite": ["src/state/", "connectors/sqlite/"],
  "@aws-sdk/client-s3": "connectors/s3/",
  "@elastic/elasticsearch": "connectors/elasticsearch/",
  "csv-parse": "src/record-files/",
  "csv-stringify": "src/reports/",
  "date-holidays": "src/retention/",
  liquidjs: "src/letters/",
  "@dagrejs/dagre": "src/map-picture/",
  "@inquirer/prompts": "src/terminal/ask.ts",
};

const imports = importsOfTree(ROOT, ["commands/**/*.ts", "connectors/**/*.ts", "src/**/*.ts"]);

test("the folders of the card are there", () => {
  for (const name of [
    "package.json",
    "tsconfig.json",
    "README.md",
    "bin/run.js",
    "src",
    "commands",
    "connectors",
    "manifests",
    "test",
    "bench",
    "docs",
  ]) {
    expect(existsSync(join(ROOT, name)), name).toBe(true);
  }
});

test("the imports that are judged were read: hundreds, and some in every room", () => {
  expect(imports.length).toBeGreaterThan(700);
  const rooms = new Set(imports.map(({ file }) => roomOf(file)));
  expect(Object.keys(MAY_IMPORT).filter((room) => !rooms.has(room) && room !== "src/errors.ts")).toEqual([]);
});

test("imports run downhill", () => {
  expect(uphill(imports)).toEqual([]);
});

test("no files import each other in a circle, and no folders either", () => {
  const ours = imports.filter((one) => one.ours);
  expect(circlesIn(edgesOf(ours.map(({ file, target }): [string, string] => [file, target])))).toEqual([]);
  expect(circlesIn(edgesOf(ours.map(({ file, target }): [string, string] => [roomOf(file), roomOf(target)])))).toEqual(
    [],
  );
  const planted: [string, string][] = [
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
    ["c", "d"],
  ];
  expect(circlesIn(edgesOf(planted))).toEqual([["a", "b", "c"]]);
});

test("each client is imported in its own folders only", () => {
  expect(strays(imports)).toEqual([]);
});

test("only workspace.ts reads the environment, and nobody writes to the console", () => {
  const files = globSync("{bin,commands,connectors,src}/**/*.{ts,js}", { cwd: ROOT });
  expect(files.length).toBeGreaterThan(100);
  const using = (what: RegExp): string[] => files.filter((file) => what.test(readFileSync(join(ROOT, file), "utf8")));
  expect(using(/\bprocess\.env\b/u)).toEqual(["src/workspace.ts"]);
  expect(using(/\bconsole\./u)).toEqual([]);
});

test("no file of one room is a barrel", () => {
  const barrels = globSync("{commands,connectors,src}/**/{index,utils}.ts", { cwd: ROOT });
  expect(barrels).toEqual([]);
});

test("a planted import uphill, into a sibling, into another connector or of a stray client is found", () => {
  const planted = [
    ...importsIn("src/model/plan.ts", 'import { openState } from "../state/state.ts";'),
    ...importsIn("src/ledger/ledger.ts", 'import type {\n  Issue,\n} from "../datamap/read.ts";'),
    ...importsIn("src/planner/plan.ts", 'const { run } = await import("../executor/run.ts");'),
    ...importsIn("connectors/s3/connector.ts", 'import { connector } from "../postgres/connector.ts";'),
    ...importsIn("src/executor/run.ts", 'import { connector } from "../../connectors/files/connector.ts";'),
    ...importsIn("connectors/files/connector.ts", 'export { Client } from "pg";'),
    ...importsIn("src/ledger/ledger.ts", 'import { DatabaseSync } from "node:sqlite";'),
  ];
  expect(uphill(planted)).toHaveLength(5);
  expect(strays(planted)).toEqual([
    "connectors/files/connector.ts imports pg",
    "src/ledger/ledger.ts imports node:sqlite",
  ]);
});

test("every connector is complete: port, block, page, contract on a real server, and in the registry", () => {
  const folders = globSync("connectors/*/connector.ts", { cwd: ROOT }).map((file) => file.split("/")[1] ?? "");
  expect(folders.toSorted()).toEqual(registry.connectors.map(({ kind }) => kind).toSorted());
  const missing = registry.connectors.flatMap(({ kind }) => {
    const tests = globSync(`test/connectors/${kind}/*.test.ts`, { cwd: ROOT });
    const contract = tests.some((file) =>
      importsIn(file, readFileSync(join(ROOT, file), "utf8")).some(
        ({ target }) => target === "test/contract/connector.contract.ts",
      ),
    );
    const files = [
      `connectors/${kind}/connector.ts`,
      `connectors/${kind}/config.ts`,
      `docs/connectors/${kind}.md`,
    ].filter((file) => !existsSync(join(ROOT, file)));
    return [...files, ...(contract ? [] : [`a contract test of ${kind}`])];
  });
  expect(missing).toEqual([]);
});

test("a registered connector is the kind it is registered as, and does what its linter allows", async () => {
  for (const { kind, config, connector } of registry.connectors) {
    expect((await config()).kind).toBe(kind);
    expect((await connector()).kind).toBe(kind);
    expect((await connector()).actions).toEqual((await config()).actions);
    const { places, block } = await config();
    expect(
      Object.keys(PLACE).filter((key) => key in block.record),
      kind,
    ).toEqual(places);
  }
});

test("no file of src knows a kind of system by name: what a kind is stands in its own folder", () => {
  const kinds = registry.connectors.map(({ kind }) => kind).filter((kind) => kind !== "files"); // a place is called so too
  expect(kinds.length).toBeGreaterThan(2);
  const named = globSync("src/**/*.ts", { cwd: ROOT }).filter((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return kinds.some((kind) => text.includes(`"${kind}"`));
  });
  expect(named).toEqual([]);
});

test("a kind that is planted beside the registry has a place, a turn and a plan, and no other file knows of it", async () => {
  const planted = { actions: ["erase"] as const, places: ["index"] as const, rank: "cache" as const, lint: () => [] };
  const text = [
    "version: 1",
    "controller: { name: A Shop, contact: privacy@shop.example, calendar: { timezone: Europe/Berlin } }",
    "identities: { email: { type: email, fold: [trim, lowercase] } }",
    "systems:",
    "  share: { kind: files, connect: { root: . }, records: { lists: { files: ['*.csv'], match: { email: email }, do: remove-rows } } }",
    "  sessions: { kind: planted, records: { sessions: { index: 's*', match: { email: email }, do: erase } } }",
  ].join("\n");
  const map = await good(text, { kinds: new Map([...HOW.kinds, ["planted", planted]]) });
  const units = unitsOf(map, ["share.lists", "sessions.sessions"], { links: [], writes: [], deleting: new Set() });
  expect(units.map(({ system }) => system)).toEqual(["sessions", "share"]);
  const misplaced = lint(text.replace("index: 's*'", "table: s"), {
    kinds: new Map([...HOW.kinds, ["planted", planted]]),
  });
  expect((await misplaced).map(({ code }) => code)).toContain("PLACE");
});

test("a kind that is planted with keys of its own has them checked, kept, bound to the plan and in the schema; other kinds refuse them", async () => {
  const own = z.strictObject({
    name: z.string().min(1).describe("Its name."),
    depth: z.number().exactOptional().describe("How deep."),
  });
  const planted = {
    actions: ["erase"] as const,
    places: ["index"] as const,
    rank: "cache" as const,
    lint: () => [],
    block: {
      connect: {
        secret: CONNECT.secret,
        region_name: z.string().describe("Where it stands."),
        mode: z.enum(["fast", "slow"]).exactOptional().describe("How it is asked."),
      },
      system: { replicas: z.number().int().exactOptional().describe("How many.") },
      record: { index: PLACE.index, partition: own.exactOptional().describe("The part that is searched.") },
    },
  };
  const configs = await Promise.all(registry.connectors.map(async ({ config }) => await config()));
  const kinds = new Map<string, Kind>([...configs.map((one): [string, Kind] => [one.kind, one]), ["planted", planted]]);
  const text = (system: string, record: string, kind = "planted") =>
    [
      "version: 1",
      "controller: { name: A Shop, contact: privacy@shop.example, calendar: { timezone: Europe/Berlin } }",
      "identities: { email: { type: email, fold: [trim, lowercase] } }",
      "systems:",
      `  there: { kind: ${kind}, ${system}, records: { people: { ${kind === "planted" ? "index: p, " : ""}match: { email: email }, do: erase${record} } } }`,
    ].join("\n");
  const connect = "connect: { secret: there, region_name: north }";
  const whole = text(`${connect}, replicas: 2`, ", partition: { name: eu, depth: 3 }");
  const map = await good(whole, { kinds });
  expect(map.systems).toMatchObject([
    {
      connect: { secret: "there", own: { region_name: "north" } },
      own: { replicas: 2 },
      records: [{ own: { partition: { name: "eu", depth: 3 } } }],
    },
  ]);
  // a plan is bound to what they say
  const meanings = await Promise.all(
    [
      whole,
      whole.replace("depth: 3", "depth: 4"),
      whole.replace("replicas: 2", "replicas: 3"),
      whole.replace("north", "south"),
    ].map(async (one) => meaningOf(await good(one, { kinds }))),
  );
  expect(new Set(meanings).size).toBe(4);
  const said = async (one: string) =>
    (await lint(one, { kinds })).map(
      ({ code, message, help, line, column }) => `${line}:${column} ${code} ${message} ${help}`,
    );
  const at = (one: string, key: string) => `5:${(one.split("\n")[4] ?? "").indexOf(key) + 1}`;
  for (const [wrong, key, problem] of [
    [
      text(connect, ", partition: { name: eu, dept: 3 }"),
      "dept:",
      "UNKNOWN_KEY There is no key `dept` in `partition`. Did you mean `depth`?",
    ],
    [
      text(connect, ", partition: { name: 7 }"),
      "7",
      "WRONG_TYPE `name` has the wrong form. It takes a text. Put it in quotes.",
    ],
    [text(connect, ", partition: {}"), "partition:", "MISSING_KEY `name` is missing in `partition`. Add `name:` here."],
    [
      text(connect, ", partitions: { name: eu }"),
      "partitions:",
      "UNKNOWN_KEY There is no key `partitions` in `people`. Did you mean `partition`?",
    ],
    [
      text("connect: { secret: there }", ""),
      "connect:",
      "MISSING_KEY `region_name` is missing in `connect`. Add `region_name:` here.",
    ],
    [text(`${connect}, replicas: many`, ""), "many", "WRONG_TYPE `replicas` has the wrong form. It takes a number."],
    [
      text("connect: { secret: there, region_name: north, mode: canary }", ""),
      "canary",
      "WRONG_VALUE `mode` has the wrong value. It is one of: `fast`, `slow`.",
    ],
    // a key of other kinds
    [
      text(connect, ", versions: all"),
      "versions:",
      "UNKNOWN_KEY There is no key `versions` in `people`. It is for `s3`.",
    ],
    [
      text(`${connect}, session: { a: b }`, ""),
      "session:",
      "UNKNOWN_KEY There is no key `session` in `there`. It is for `postgres`.",
    ],
    // its keys in another kind
    [
      text("connect: { secret: there }", ", partition: { name: eu }", "postgres"),
      "partition:",
      "UNKNOWN_KEY There is no key `partition` in `people`. It is for `planted`.",
    ],
    [
      text("connect: { secret: there }, replicas: 2", "", "postgres"),
      "replicas:",
      "UNKNOWN_KEY There is no key `replicas` in `there`. It is for `planted`.",
    ],
    [
      text("connect: { secret: there, region_name: north }", "", "postgres"),
      "region_name:",
      "UNKNOWN_KEY `connect` has no such key. It has: `secret`, `read_secret`.",
    ],
    [
      text("connect: { secret: there, root: . }", "", "postgres"),
      "root:",
      "UNKNOWN_KEY `connect` has no such key. It has: `secret`, `read_secret`.",
    ],
  ] as const)
    // what stands after a full stop lists the keys that are known
    expect(
      (await said(wrong)).map((one) => one.split(" Known:")[0]),
      wrong,
    ).toEqual([`${at(wrong, key)} ${problem}`]);
  // near to a key that this kind has: that one is meant
  const near = {
    ...planted,
    block: { ...planted.block, record: { ...planted.block.record, tables: z.string().describe("-").exactOptional() } },
  };
  const tables = text("connect: { secret: there }", ", tables: p", "postgres");
  expect((await lint(tables, { kinds: new Map([...kinds, ["planted", near]]) })).map(({ help }) => help)).toEqual([
    "Did you mean `table`?",
  ]);
  const schema = dataMapSchema(ownKeys([...kinds.values()].flatMap(({ block }) => block ?? [])));
  for (const word of ["The part that is searched.", "Where it stands.", "How many."]) expect(schema).toContain(word);
  expect(JSON.parse(dataMapSchema(ownKeys(configs.map(({ block }) => block))))).toEqual(JSON.parse(dataMapSchema()));
});

/** Imports from a room that may not be imported there. */
function uphill(all: readonly Import[]): string[] {
  return all.flatMap(({ file, target, ours }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (!ours || from === "commands") return [];
    const anotherConnector =
      from === "connectors/*" && to === "connectors/*" && file.split("/")[1] !== target.split("/")[1];
    if ((from === to && !anotherConnector) || (MAY_IMPORT[from] ?? []).includes(to)) return [];
    return [`${file} imports ${target}`];
  });
}

function strays(all: readonly Import[]): string[] {
  const atHome = ({ file, target }: Import): boolean =>
    [HOMES[target] ?? file].flat().some((home) => file.startsWith(home));
  return all.filter((one) => !atHome(one)).map(({ file, target }) => `${file} imports ${target}`);
}
