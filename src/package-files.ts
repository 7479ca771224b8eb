/** Files that ship with the program: the same from src/ and from dist/src/. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "./errors.ts";

/** Path of a shipped file, `manifests/datamap.schema.json`. */
export function shipped(...path: readonly string[]): string {
  return join(packageRoot(), ...path);
}

/** `expunge@0.1.0` */
export function toolVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(shipped("package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "0.0.0";
  return `expunge@${version}`;
}

function packageRoot(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  throw new Failure("UNEXPECTED", "the program's own package.json was not found");
}
