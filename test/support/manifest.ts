/**
 * What `npm run build` does after compiling: takes away what was compiled from files that are gone (a command that was
 * renamed would still be one), and writes oclif.manifest.json, so that `--help` loads no command.
 */
import { existsSync, globSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin, settings } from "@oclif/core";

const root = join(import.meta.dirname, "..", "..");
for (const file of globSync("**/*.{js,d.ts,js.map}", { cwd: join(root, "dist") })) {
  if (!existsSync(join(root, file.replace(/\.(?:js|d\.ts|js\.map)$/u, ".ts")))) rmSync(join(root, "dist", file));
}

settings.enableAutoTranspile = false;
const plugin = new Plugin({ root, type: "core", isRoot: true, ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
writeFileSync(join(root, "oclif.manifest.json"), JSON.stringify(plugin.manifest));
