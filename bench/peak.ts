/** Preloaded into the program that is measured: writes its peak resident memory in kB to a file when it ends. */
import { writeFileSync } from "node:fs";

const file = process.env["EXPUNGE_BENCH_PEAK"];
if (file !== undefined) process.on("exit", () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
