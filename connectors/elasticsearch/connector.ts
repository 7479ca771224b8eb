/** Erases from Elasticsearch: documents deleted or rewritten one by one, by id and sequence number. See docs/connectors/elasticsearch.md. */
import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Connector, IO } from "../../src/port/connector.ts";
import { openApi, type Api } from "./api.ts";
import { config } from "./config.ts";
import { probe, type Probed } from "./dialect.ts";
import { eraser } from "./eraser.ts";
import { reader } from "./reader.ts";
import { readSecret } from "./secret.ts";
import { indexSurvey } from "./survey.ts";

export const connector: Connector = {
  kind: config.kind,
  actions: config.actions,
  configure: (block) => ({
    async openReader(io) {
      const { api, dialect, cluster } = await open(block, io, "read");
      return reader(io, api, dialect, cluster);
    },
    async openEraser(io) {
      const { api } = await open(block, io, "write");
      return eraser(io, api);
    },
    async openSurvey(io) {
      const { api } = await open(block, io, "read");
      return indexSurvey(api);
    },
  }),
};

async function open(block: SystemBlock, io: IO, access: "read" | "write"): Promise<Probed & { readonly api: Api }> {
  const { secret } = block.connect;
  if (secret === undefined) throw new Failure("DATAMAP_INVALID", `${block.name} names no secret.`);
  const api = await openApi(io, block.name, readSecret(block.name, io.secret(secret)), access);
  try {
    return { api, ...(await probe(api)) };
  } catch (error) {
    await api[Symbol.asyncDispose]();
    throw error;
  }
}
