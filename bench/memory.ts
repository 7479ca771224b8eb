/** Peak memory of `run` on a CSV file of 1 GB and on one of 50 MB: it must not grow with the file. */
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { print, time } from "./measure.ts";
import { command, openRequest } from "./walk.ts";

const EMAIL = "mara_winter@mail.example";
const SIZES = { small: 50_000_000, big: 1_000_000_000 };

const MAP = `version: 1
controller:
  name: Bench
  contact: bench@bench.example
  calendar: { timezone: Europe/Berlin, regime: eu }
map: { owner: bench@bench.example, review_by: 2099-01-01 }
approval: { required: true, four_eyes: false }
settle: 0 seconds
identities:
  email: { type: email, fold: [trim, lowercase] }
systems:
  share:
    kind: files
    connect: { root: ./data }
    owner: bench@bench.example
    records:
      people: { files: ["*.csv"], match: { email: email }, do: remove-rows }
`;

interface Measured {
  /** MB */
  readonly peak: number;
  readonly seconds: number;
  readonly cp: number;
}

const [small, big] = [await measure(SIZES.small), await measure(SIZES.big)];
const took = `1 GB took ${big.seconds.toFixed(1)} s, cp ${big.cp.toFixed(1)} s`;
print({
  what: "peak memory of run, a CSV of 1 GB to one of 50 MB",
  value: big.peak / small.peak,
  limit: 1.2,
  unit: "x",
  peer: `50 MB: ${small.peak.toFixed(0)} MB`,
});
print({
  what: "peak memory of run, a CSV of 1 GB",
  value: big.peak,
  limit: 250,
  unit: "MB",
  peer: took,
});

async function measure(size: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "expunge-bench-"));
  try {
    const file = join(folder, "data/people.csv");
    mkdirSync(join(folder, "data"));
    writePeople(file, size);
    const [cp = 0] = await time(1, async () => cpSync(file, join(folder, "copy.csv")));
    rmSync(join(folder, "copy.csv"));
    writeFileSync(join(folder, "datamap.yaml"), MAP);
    const peakFile = join(folder, "peak");
    const how = { cwd: folder, env: { EXPUNGE_BENCH_PEAK: peakFile } };
    const id = await openRequest({ email: EMAIL }, how);
    await command(`plan ${id}`, how);
    await command(`approve ${id} --confirm ${id}`, how);
    const before = statSync(file).size;
    const [took = 0] = await time(
      1,
      async () =>
        await command(`run ${id} --confirm ${id}`, {
          ...how,
          nodeOptions: ["--import", join(import.meta.dirname, "peak.ts")],
        }),
    );
    if (statSync(file).size >= before) throw new Error("nothing was removed from the file");
    return {
      peak: Number(readFileSync(peakFile, "utf8")) / 1024,
      seconds: took / 1000,
      cp: cp / 1000,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rows of about 100 bytes; the person's are the first, one in the middle and the last. */
function writePeople(file: string, size: number): void {
  const out = openSync(file, "w");
  const hers = `0,${EMAIL},Mara Winter,"Elbufer 42, Hamburg",2025-03-14,57.00\n`;
  writeSync(out, `id,email,name,address,last_order,total\n${hers}`);
  let written = 0;
  let id = 1;
  let middle = false;
  while (written < size) {
    let block = "";
    for (; block.length < 1_000_000; id += 1)
      block += `${id},person.${id}@mail.example,"Person Nr. ${id}","Hafenstraße ${id}, 20457 Hamburg",2025-06-01,${(id % 1000) / 10}\n`;
    if (!middle && written > size / 2) {
      block += hers;
      middle = true;
    }
    written += writeSync(out, block);
  }
  writeSync(out, hers);
  closeSync(out);
}
