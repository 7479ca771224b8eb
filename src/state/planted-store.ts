/** What a rehearsal planted in test systems: noted before it is done, until it is taken away. */
import type { PlantedNote } from "../model/planting.ts";
import { sealBytes, unsealBytes } from "./seal.ts";
import { set, setting } from "./settings.ts";
import { type Sql, stored, toStored } from "./sql.ts";

const PLACE = "setting/planted";

export interface PlantedReads {
  /** Undefined: nothing is left. */
  noted(): Promise<PlantedNote | undefined>;
}

export interface PlantedNotes extends PlantedReads {
  note(planted: PlantedNote): Promise<void>;
  forget(): Promise<void>;
}

export function plantedStore(sql: Sql, sealingKey: Uint8Array): PlantedNotes {
  return {
    async noted() {
      const sealed = await setting(sql, "planted");
      if (sealed === undefined) return undefined;
      return stored<PlantedNote>(unsealBytes(sealingKey, Buffer.from(sealed, "base64"), PLACE).toString());
    },
    note: async (planted) =>
      await set(sql, "planted", Buffer.from(sealBytes(sealingKey, toStored({ ...planted }), PLACE)).toString("base64")),
    forget: async () => await set(sql, "planted", undefined),
  };
}
