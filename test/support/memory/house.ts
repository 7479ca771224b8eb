/** A workspace with systems in memory: the whole life of a request in one process, without a server. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Plan } from "../../../src/model/plan.ts";
import type { System } from "../../../src/port/connector.ts";
import type { Registry } from "../../../src/port/registry.ts";
import { makeWorkspace } from "../../../src/make-workspace.ts";
import { readSubjects } from "../../../src/planner/subjects.ts";
import { approveRequest, type Signature } from "../../../src/requests/approve-request.ts";
import { type Context, contextOf } from "../../../src/requests/context.ts";
import { openRequests } from "../../../src/requests/open-request.ts";
import { type DueOptions, planDue } from "../../../src/requests/plan-due.ts";
import { planRequest } from "../../../src/requests/plan-request.ts";
import { recordIdentity } from "../../../src/requests/record-identity.ts";
import { runRequest } from "../../../src/requests/run-request.ts";
import { type Verified, verifyRequest } from "../../../src/requests/verify-request.ts";
import { openWorkspace, type Workspace } from "../../../src/workspace.ts";
import { testMap } from "../desk.ts";
import { memoryConnector } from "./connector.ts";
import type { MemoryDatabase } from "./database.ts";

export interface House extends AsyncDisposable {
  readonly context: Context;
  readonly workspace: Workspace;
  /** The same house as somebody else, or at another time, or with other parts. */
  as(parts: Partial<Context>): House;
  /** Opens a request for these people and confirms its identity. */
  open(
    subjects: object | readonly object[],
    how?: { readonly batch?: boolean; readonly received?: string; readonly identity?: boolean },
  ): Promise<string>;
  plan(id: string, how?: { readonly system?: string }): Promise<Plan>;
  planDue(how?: DueOptions): Promise<Plan>;
  approve(id: string, how?: Signature): Promise<void>;
  run(id: string): ReturnType<typeof runRequest>;
  verify(id: string): Promise<Verified>;
}

export interface HouseParts {
  /** Keys of the data map beside those of every test. */
  readonly map: object;
  readonly databases: Readonly<Record<string, MemoryDatabase>>;
  /** Stands between the core and a system. */
  readonly around?: (system: System, name: string) => System;
}

export async function openHouse({ map, databases, around }: HouseParts): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "expunge-house-"));
  const places = { map: join(folder, "datamap.yaml"), workspace: join(folder, "work"), keys: undefined, as: "rita" };
  writeFileSync(places.map, stringify(testMap({ clock: "test", ...map })));
  const databaseOf = (system: string): MemoryDatabase => {
    const found = databases[system];
    if (found === undefined) throw new Error(`the test gave no tables for ${system}`);
    return found;
  };
  const registry: Registry = { connectors: [memoryConnector(databaseOf, around)], notBuilt: [] };
  await makeWorkspace(places, "test.example/house", "2026-11-21");
  const workspace = await openWorkspace(places, { registry, signal: new AbortController().signal });
  const context = contextOf(workspace, await workspace.planMap(), () => {});
  const close = async () => {
    await workspace[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return houseOf(context, workspace, close);
}

function houseOf(context: Context, workspace: Workspace, close: () => Promise<void>): House {
  return {
    context,
    workspace,
    as: (parts) => houseOf({ ...context, ...parts }, workspace, async () => await Promise.resolve()),
    async open(subjects, { batch = false, received, identity = true } = {}) {
      const read = readSubjects(JSON.stringify(subjects), context.map.identities);
      const [request] = await openRequests(context, read, workspace.pseudonym, {
        batch,
        ...(received === undefined ? {} : { received }),
      });
      if (request === undefined) throw new Error("no request was opened");
      if (identity) await recordIdentity(context, request.id, "letter", "ok");
      return request.id;
    },
    plan: async (id, how = {}) => await planRequest(context, id, how),
    planDue: async (how) => await planDue(context, how),
    approve: async (id, how = {}) => void (await approveRequest({ ...context, actor: "olga" }, id, how)),
    run: async (id) => await runRequest(context, id, { concurrency: 2, emit: () => {} }),
    verify: async (id) => await verifyRequest(context, id, { purge: false }),
    [Symbol.asyncDispose]: close,
  };
}
