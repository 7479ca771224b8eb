import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { unpackDebian } from "./debian.ts";
import { hasProgram, sh } from "./process.ts";

/** The home of a Java of at least version 21: this machine's, else one fetched into the cache. */
export async function javaHome(): Promise<string> {
  const installed = existsSync("/usr/lib/jvm")
    ? readdirSync("/usr/lib/jvm").map((name) => join("/usr/lib/jvm", name))
    : [];
  for (const home of [process.env["ES_JAVA_HOME"], process.env["JAVA_HOME"], ...installed]) {
    if (home !== undefined && existsSync(join(home, "bin/java")) && majorOf(home) >= 21) return realpathSync(home);
  }
  return await fetchedJava();
}

/** Java 21 of Debian 13 with that release's own C library beside it, so that it runs on an older one too. */
export async function fetchedJava(): Promise<string> {
  const folder = await cached("java-21", async (aside) => {
    process.stderr.write("test servers: fetching Java 21 (about 46 MB)\n");
    await unpackDebian(aside, ["openjdk-21-jre-headless", "libc6", "libgcc-s1", "libstdc++6", "zlib1g"], "trixie");
  });
  const root = join(folder, "root");
  const home = join(root, "usr/lib/jvm/java-21-openjdk-amd64");
  // the loader's path is written into the programs, so it can only be set once the folder has its name
  await cached("java-21-ready", async () => {
    const patchelf = await patcher();
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
      const link = join(entry.parentPath, entry.name);
      if (!lstatSync(link).isSymbolicLink() || !readlinkSync(link).startsWith("/etc/java-")) continue;
      const target = readlinkSync(link);
      rmSync(link);
      symlinkSync(`${root}${target}`, link);
    }
    const libraries = join(root, "usr/lib/x86_64-linux-gnu");
    for (const program of ["bin/java", "lib/jspawnhelper"]) {
      const paths = [
        "--set-interpreter",
        `${libraries}/ld-linux-x86-64.so.2`,
        "--force-rpath",
        "--set-rpath",
        `$ORIGIN/../lib:${libraries}`,
      ];
      await sh(patchelf, [...paths, join(home, program)]);
    }
    if (majorOf(home) !== 21) throw new Error("the Java that was fetched does not run on this machine");
  });
  return home;
}

async function patcher(): Promise<string> {
  if (hasProgram("patchelf")) return "patchelf";
  return join(
    await cached("patchelf", async (aside) => await unpackDebian(aside, ["patchelf"])),
    "root/usr/bin/patchelf",
  );
}

function majorOf(home: string): number {
  const said = spawnSync(join(home, "bin/java"), ["-version"], { encoding: "utf8" }).stderr;
  return Number(/version "(\d+)/u.exec(said ?? "")?.[1] ?? 0);
}
