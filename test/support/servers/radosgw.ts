/** S3: one Ceph node (monitor, object store in memory, gateway), unpacked from Debian packages. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cached } from "./cache.ts";
import { unpackDebian } from "./debian.ts";
import { freePort, sh } from "./process.ts";
import { stop } from "./run.ts";

export interface S3Server {
  readonly version: string;
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const PACKAGES = `radosgw ceph-mon ceph-osd ceph-common ceph-base librados2 libradosstriper1 librbd1 libcephfs2
  python3-rados python3-rbd python3-cephfs python3-ceph-argparse python3-ceph-common python3-prettytable python3-wcwidth
  libboost-context1.74.0 libboost-thread1.74.0 libboost-python1.74.0 libfmt9 libgoogle-perftools4 libtcmalloc-minimal4
  libleveldb1d libsnappy1v5 liblua5.3-0 liboath0 librabbitmq4 librdmacm1 libibverbs1 libnl-3-200 libnl-route-3-200
  libpmem1 libndctl6 libdaxctl1 liburcu8 libfuse2 libaio1`.split(/\s+/u);

const PROGRAMS = ["radosgw", "ceph-mon", "ceph-osd", "monmaptool", "ceph-authtool", "radosgw-admin"];

export async function startRadosgw(folder: string): Promise<S3Server> {
  const root = await ceph();
  for (let tries = 3; ; tries -= 1) {
    const node = join(folder, `try-${tries}`);
    try {
      return await startNode(root, node);
    } catch (error) {
      await stop(node);
      if (tries === 1) throw error; // a port may have been taken between looking and listening
    }
  }
}

/** Ceph 16 of Debian 12: these names belong to that release. */
async function ceph(): Promise<string> {
  const folder = await cached("ceph-16", async (aside) => {
    process.stderr.write("test servers: fetching Ceph (about 60 MB)\n");
    try {
      await unpackDebian(aside, PACKAGES);
    } catch (error) {
      const said = error instanceof Error ? error.message : "";
      throw new Error(
        `no S3 server: Ceph's packages of Debian 12 cannot be had on this machine (${said}); set EXPUNGE_TEST_S3_ENDPOINT`,
      );
    }
    for (const part of ["usr/share/doc", "usr/share/man", "usr/share/locale"])
      rmSync(join(aside, "root", part), { recursive: true, force: true });
    const root = join(aside, "root");
    const linked = await sh(
      "ldd",
      PROGRAMS.map((name) => join(root, "usr/bin", name)),
      { env: environment(root) },
    );
    const missing = new Set(
      linked
        .split("\n")
        .filter((line) => line.includes("not found"))
        .map((line) => line.trim()),
    );
    if (missing.size > 0)
      throw new Error(`no S3 server: Ceph misses libraries of this machine: ${[...missing].join(", ")}`);
  });
  return join(folder, "root");
}

function environment(root: string): NodeJS.ProcessEnv {
  const libraries = ["usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/ceph", "lib/x86_64-linux-gnu"];
  return {
    ...process.env,
    PATH: `${root}/usr/bin:${process.env["PATH"] ?? ""}`,
    LD_LIBRARY_PATH: libraries.map((part) => join(root, part)).join(":"),
    PYTHONPATH: `${root}/usr/lib/python3/dist-packages`,
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

async function startNode(root: string, node: string): Promise<S3Server> {
  mkdirSync(node); // fails where the run was closed meanwhile
  for (const part of ["mon", "osd", "rgw", "run", "log"]) mkdirSync(join(node, part));
  const [port, monitor] = [await freePort(), await freePort()];
  const id = randomUUID();
  const conf = join(node, "ceph.conf");
  writeFileSync(conf, configuration(root, node, { id, port, monitor }));
  const env = environment(root);
  const keyring = join(node, "keyring");
  const monmap = join(node, "monmap");
  const run = async (program: string, ...args: string[]) =>
    await sh(join(root, "usr/bin", program), args, { cwd: node, env });
  await run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
  await run("monmaptool", "--create", "--clobber", "--addv", "a", `[v1:127.0.0.1:${monitor}]`, "--fsid", id, monmap);
  await run("ceph-mon", "--conf", conf, "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring);
  await run("ceph-mon", "--conf", conf, "-i", "a"); // goes to the background when it is ready, and writes run/mon.a.pid
  const store = randomUUID();
  await run("ceph", "--conf", conf, "osd", "new", store, "0");
  await run("ceph-osd", "--conf", conf, "-i", "0", "--mkfs", "--osd-uuid", store);
  await run("ceph-osd", "--conf", conf, "-i", "0");
  await run("ceph", "--conf", conf, "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=local");
  const keys = { accessKeyId: "test", secretAccessKey: "testsecret" };
  const user = [
    "--uid=test",
    "--display-name=test",
    `--access-key=${keys.accessKeyId}`,
    `--secret=${keys.secretAccessKey}`,
  ];
  await run("radosgw-admin", "--conf", conf, "user", "create", ...user);
  await run("radosgw", "--conf", conf, "-n", "client.rgw");
  const endpoint = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + 30_000; ; await sleep(50)) {
    if (await answers(endpoint)) break;
    if (Date.now() > until)
      throw new Error(
        `Ceph's gateway did not start: ${readFileSync(join(node, "log/client.rgw.log"), "utf8").slice(-500)}`,
      );
  }
  const version = /ceph version (\S+)/u.exec(await run("radosgw", "--version"))?.[1] ?? "";
  return { version: `Ceph radosgw ${version}`, endpoint, ...keys, region: "us-east-1" };
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(endpoint)).ok;
  } catch {
    return false;
  }
}

/** Everything on one node, in memory, without authentication between its parts; quick rather than safe. */
function configuration(root: string, node: string, at: { id: string; port: number; monitor: number }): string {
  const lowest = Math.min(at.monitor + 10, 65_000);
  const libraries = `${root}/usr/lib/x86_64-linux-gnu`;
  return `[global]
plugin dir = ${libraries}/ceph
erasure code dir = ${libraries}/ceph/erasure-code
fsid = ${at.id}
mon host = [v1:127.0.0.1:${at.monitor}]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
ms bind port min = ${lowest}
ms bind port max = ${lowest + 200}
auth cluster required = none
auth service required = none
auth client required = none
keyring = ${node}/keyring
run dir = ${node}/run
pid file = ${node}/run/$type.$id.pid
admin socket =
log file = ${node}/log/$name.log
crash dir = ${node}/run
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon pg warn min per osd = 0
mon data avail warn = 2
mon data avail crit = 1
mon osd initial require min compat client = luminous
[mon]
mon data = ${node}/mon
mon tick interval = 1
paxos propose interval = 0.01
paxos min wait = 0.005
[osd]
osd data = ${node}/osd
osd journal = ${node}/osd/journal
osd objectstore = memstore
osd class dir = ${libraries}/rados-classes
osd class update on start = false
osd crush update on start = false
osd max object name len = 2048
memstore device bytes = 4294967296
[client.rgw]
rgw data = ${node}/rgw
rgw frontends = beast endpoint=127.0.0.1:${at.port} tcp_nodelay=1
rgw gc obj min wait = 0
rgw lc debug interval = -1
rgw thread pool size = 64
rgw num rados handles = 1
rgw dynamic resharding = false
rgw override bucket index max shards = 1
`;
}
