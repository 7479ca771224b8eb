import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import { sealBytes, unsealBytes } from "./seal.ts";
import { bytes, integer, one, type Sql, text } from "./sql.ts";

/** What a record was before a run changed it. */
export interface KeptImage {
  readonly step: string;
  /** Keyed digest of the record's key. */
  readonly name: string;
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** How many images of a step there are. */
export interface KeptStep {
  readonly plan: string;
  readonly step: string;
  readonly count: number;
}

/** What `undo` gives back, encrypted under a key of each plan that is destroyed before the request's own. */
export interface ImageReads {
  /** Of every plan of the request, in order. */
  steps(request: string): Promise<readonly KeptStep[]>;
  of(request: string, plan: string, step: string): Promise<readonly KeptImage[]>;
  /** What all of them take together, of every request. */
  bytes(): Promise<number>;
}

export interface Images extends ImageReads {
  /** Of a record given again the last one stays. */
  keep(request: string, plan: string, images: readonly KeptImage[]): Promise<void>;
  /** Those of these names: their records were left as they are. With the last image of a plan its key goes. */
  drop(request: string, plan: string, step: string, names: readonly string[]): Promise<void>;
  /** Of a step, but for those of these names; with the last image of a plan its key goes. */
  forget(request: string, plan: string, step: string, but?: readonly string[]): Promise<void>;
  /** All of the request, and the keys. */
  destroy(request: string): Promise<void>;
}

/** `destroyed` is called where something was destroyed: its traces are to be cut once that is saved. */
export function imageStore(sql: Sql, sealingKey: Uint8Array, destroyed: () => Promise<void>): Images {
  const place = (request: string, plan: string): string => `image_key/${request}/${plan}`;
  const keyOf = async (request: string, plan: string): Promise<KeyObject | undefined> => {
    const row = await one(sql, "select wrapped from image_key where request = ? and plan = ?", [request, plan]);
    return row === undefined
      ? undefined
      : createSecretKey(unsealBytes(sealingKey, bytes(row, "wrapped"), place(request, plan)));
  };
  const makeKey = async (request: string, plan: string): Promise<KeyObject> => {
    const key = randomBytes(32);
    await sql.run("insert into image_key (request, plan, wrapped) values (?, ?, ?)", [
      request,
      plan,
      sealBytes(sealingKey, key, place(request, plan)),
    ]);
    return createSecretKey(key);
  };
  const drop = async (request: string, plan: string, step: string, names: readonly string[]): Promise<void> => {
    for (const name of names)
      await sql.run("delete from image where request = ? and plan = ? and step = ? and name = ?", [
        request,
        plan,
        step,
        name,
      ]);
    const left = await one(sql, "select 1 as found from image where request = ? and plan = ?", [request, plan]);
    if (left === undefined) await sql.run("delete from image_key where request = ? and plan = ?", [request, plan]);
    await destroyed();
  };
  const named = (request: string, plan: string, step: string, name: string): string =>
    `image/${request}/${plan}/${step}/${name}`;
  return {
    async steps(request) {
      const rows = await sql.all(
        "select plan, step, count(*) as images from image where request = ? group by plan, step order by plan, step",
        [request],
      );
      return rows.map((row) => ({ plan: text(row, "plan"), step: text(row, "step"), count: integer(row, "images") }));
    },
    async of(request, plan, step) {
      const key = await keyOf(request, plan);
      const rows = await sql.all(
        "select name, bytes from image where request = ? and plan = ? and step = ? order by name",
        [request, plan, step],
      );
      if (key === undefined) {
        if (rows.length > 0) throw new Failure("STATE_UNREADABLE", `the images of plan ${plan} have no key`);
        return [];
      }
      return rows.map((row) => {
        const name = text(row, "name");
        return { step, name, ...unpacked(unsealBytes(key, bytes(row, "bytes"), named(request, plan, step, name))) };
      });
    },
    async keep(request, plan, images) {
      const key = (await keyOf(request, plan)) ?? (await makeKey(request, plan));
      for (const { step, name, ...image } of images)
        await sql.run(
          "insert into image (request, plan, step, name, bytes) values (?, ?, ?, ?, ?) on conflict (request, plan, step, name) do update set bytes = excluded.bytes",
          [request, plan, step, name, sealBytes(key, packed(image), named(request, plan, step, name))],
        );
    },
    async bytes() {
      const row = await one(sql, "select cast(coalesce(sum(length(bytes)), 0) as bigint) as size from image");
      return integer(row ?? {}, "size");
    },
    drop,
    async forget(request, plan, step, but = []) {
      const stay = new Set(but);
      const rows = await sql.all("select name from image where request = ? and plan = ? and step = ?", [
        request,
        plan,
        step,
      ]);
      await drop(
        request,
        plan,
        step,
        rows.map((row) => text(row, "name")).filter((name) => !stay.has(name)),
      );
    },
    async destroy(request) {
      if ((await one(sql, "select 1 as found from image_key where request = ?", [request])) === undefined) return;
      await sql.run("delete from image where request = ?", [request]);
      await sql.run("delete from image_key where request = ?", [request]);
      await destroyed();
    },
  };
}

/** The key's length, the key, the rest. */
function packed({ key, bytes: image }: Pick<KeptImage, "key" | "bytes">): Uint8Array {
  const name = Buffer.from(key);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, image]);
}

function unpacked(all: Buffer): Pick<KeptImage, "key" | "bytes"> {
  const end = 4 + all.readUInt32BE(0);
  return { key: all.subarray(4, end).toString(), bytes: new Uint8Array(all.subarray(end)) };
}
