import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasProgram, sh } from "./process.ts";

/**
 * Unpacks Debian packages under `folder` without installing them: no root rights, package lists of its own, the
 * machine's own sources. `suite` asks the same sources for another suite than the machine's.
 */
export async function unpackDebian(folder: string, packages: readonly string[], suite?: string): Promise<void> {
  if (!hasProgram("apt-get") || !hasProgram("dpkg")) throw new Error("needs apt-get and dpkg (a Debian machine)");
  const work = join(folder, "apt");
  const loads = join(folder, "dl");
  for (const part of ["lists/partial", "archives/partial", "etc"]) mkdirSync(join(work, part), { recursive: true });
  mkdirSync(loads);
  const options = [
    "-qq",
    `-oDir::State::lists=${work}/lists`,
    `-oDir::Cache::archives=${work}/archives`,
    "-oDir::Cache::pkgcache=",
    "-oDir::Cache::srcpkgcache=",
    "-oAPT::Sandbox::User=",
    "-oAcquire::Retries=3",
  ];
  if (suite !== undefined) {
    const listed = await sh("apt-get", ["indextargets", "--format", "$(REPO_URI)"]);
    const source = listed
      .split("\n")
      .filter((line) => line !== "" && !line.includes("security"))
      .toSorted()[0];
    if (source === undefined) throw new Error("apt-get knows no package source on this machine");
    const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
    writeFileSync(
      join(work, "etc/suite.sources"),
      `Types: deb\nURIs: ${source}\nSuites: ${suite}\nComponents: main\nSigned-By: ${keys}\n`,
    );
    options.push("-oDir::Etc::sourcelist=/dev/null", `-oDir::Etc::sourceparts=${work}/etc`);
  }
  await sh("apt-get", [...options, "update"]);
  await sh("apt-get", [...options, "download", ...packages], { cwd: loads });
  for (const file of readdirSync(loads)) await sh("dpkg", ["-x", join(loads, file), join(folder, "root")]);
  rmSync(work, { recursive: true });
  rmSync(loads, { recursive: true });
}
