/** `npx expunge` in a clone runs the clone: npm links the programs of dependencies, not the project's own. Part of `prepare`. */
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const link = join(import.meta.dirname, "..", "..", "node_modules", ".bin", "expunge");
rmSync(link, { force: true });
symlinkSync("../../bin/run.js", link);
