/** A workspace for a rehearsal: state, ledger and keys of its own in a private folder, which are gone with it. Nothing of it is the customer's. */
import { mkdirSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { type At, killAt } from "./executor/kill-points.ts";
import { openLedger } from "./ledger/ledger.ts";
import { actorId, actorKey, epochKey, pseudonym } from "./ledger/pseudonym.ts";
import type { DataMap } from "./model/datamap.ts";
import { toolVersion } from "./package-files.ts";
import { ed25519Key } from "./person-keys.ts";
import type { Registry } from "./port/registry.ts";
import type { Context } from "./requests/context.ts";
import { openLedgerRows } from "./state/ledger-rows.ts";
import { openState } from "./state/open-state.ts";
import { LEDGER_FILE, openSqlite } from "./state/sqlite.ts";
import { EPOCH, ioOf, type Places, systemsOnce } from "./workspace.ts";

export interface Scratch extends AsyncDisposable {
  readonly context: Context;
  pseudonym(identity: string, folded: string): string;
}

export interface ScratchParts {
  /** Made, and removed when it is disposed of. Mode 0700. */
  readonly folder: string;
  readonly places: Pick<Places, "map">;
  readonly registry: Registry;
  readonly map: DataMap;
  readonly signal: AbortSignal;
  readonly killAt: string | undefined;
  now(): Date;
}

const ORIGIN = "rehearsal.invalid/scratch";

export async function openScratch({
  folder,
  places,
  registry,
  map,
  signal,
  now,
  ...parts
}: ScratchParts): Promise<Scratch> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // keys that stand nowhere: what is sealed under them is gone with this process
  const master = randomBytes(32);
  const state = await openState(openSqlite(join(folder, "state.db")), { sealingKey: randomBytes(32) });
  const rows = await openLedgerRows(openSqlite(join(folder, "ledger.db"), LEDGER_FILE));
  const ledger = await openLedger(rows, { origin: ORIGIN, signingKey: ed25519Key(randomBytes(32)) });
  const at: At = killAt(parts.killAt);
  const subjects = epochKey(master, EPOCH, ORIGIN);
  return {
    pseudonym: (identity, folded) => pseudonym(subjects, identity, folded),
    context: {
      state,
      ledger,
      signal,
      now,
      map,
      at,
      actor: "rehearsal",
      version: toolVersion().replace(/^.*@/u, ""),
      progress: () => {},
      actorIdOf: (name) => actorId(actorKey(master, ORIGIN), name),
      system: systemsOnce(registry, async () => await Promise.resolve(map)),
      async io(request, hooks) {
        const { sealed } = state.read;
        return ioOf({
          request,
          signal: hooks.signal ?? signal,
          now,
          base: dirname(resolve(places.map)),
          hooks,
          digestKey: (await sealed.exists(request)) ? await sealed.digestKey(request) : undefined,
          master,
        });
      },
    },
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
