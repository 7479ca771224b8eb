/** How long a person waits for `expunge --help`. */
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { median, print, time } from "./measure.ts";
import { command } from "./walk.ts";

const ROUNDS = 11;

const node = median(await time(ROUNDS, async () => await promisify(execFile)(process.execPath, ["-e", "0"])));
const help = median(await time(ROUNDS, async () => await command("--help", { cwd: tmpdir() })));
print({
  what: `expunge --help, median of ${ROUNDS}`,
  value: help,
  limit: 200,
  unit: "ms",
  peer: `node -e 0: ${node.toFixed(0)} ms`,
});
