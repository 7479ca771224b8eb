/** Writes oclif.manifest.json from the built commands, so that `--help` loads none of them. Part of `npm run build`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin, settings } from "@oclif/core";

const root = join(import.meta.dirname, "..", "..");
settings.enableAutoTranspile = false;
const plugin = new Plugin({ root, type: "core", isRoot: true, ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
writeFileSync(join(root, "oclif.manifest.json"), JSON.stringify(plugin.manifest));
