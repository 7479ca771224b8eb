/** Elasticsearch from the Maven repository: an ordinary distribution with the few modules its own tests need. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { cached } from "./cache.ts";
import { javaHome } from "./java.ts";
import { folderFor, freePort, hasProgram, ordinaryPerson, sh, startServer, treeFor } from "./process.ts";

export interface ElasticsearchServer {
  readonly version: string;
  readonly url: string;
}

const VERSION = "9.5.3";
const SHA256 = "bec49f3b8d00e75c8d1cec85c35298635ec9fbd3ae80ef5aeb6bc05abdb3db2d";

export async function startElasticsearch(folder: string): Promise<ElasticsearchServer> {
  const [program, java] = await Promise.all([distribution(), javaHome()]);
  const person = ordinaryPerson(true);
  const home = treeFor(person, program, `elasticsearch-${VERSION}`);
  const own = folderFor(person, folder);
  for (const part of ["data", "logs", "tmp", "repo"]) mkdirSync(join(own, part));
  const config = join(own, "config");
  cpSync(join(home, "config"), config, { recursive: true });
  const options = join(config, "jvm.options");
  writeFileSync(options, readFileSync(options, "utf8").replace(/^.*UseG1GC.*$/gmu, ""));
  mkdirSync(join(config, "jvm.options.d"), { recursive: true });
  const heap = ["-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-AlwaysPreTouch"];
  writeFileSync(join(config, "jvm.options.d/test.options"), `${heap.join("\n")}\n`);
  if (person.uid !== undefined)
    for (const entry of readdirSync(own, { recursive: true, encoding: "utf8" }))
      chownSync(join(own, entry), person.uid, person.uid);

  const port = await freePort();
  const settings = {
    "discovery.type": "single-node",
    "node.name": "n1",
    "cluster.name": "expunge-test",
    "network.host": "127.0.0.1",
    "http.port": port,
    "transport.port": 0,
    "xpack.security.enabled": false,
    "cluster.routing.allocation.disk.threshold_enabled": false,
    "path.data": join(own, "data"),
    "path.logs": join(own, "logs"),
    "path.repo": join(own, "repo"),
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ["-E", `${key}=${value}`]);
  const env = {
    ...process.env,
    ES_JAVA_HOME: java,
    ES_PATH_CONF: config,
    ES_TMPDIR: join(own, "tmp"),
    ES_JAVA_OPTS: "",
  };
  const server = startServer(person, join(home, "bin/elasticsearch"), args, {
    folder,
    signal: "SIGTERM",
    env,
  });
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + 180_000; ; await sleep(100)) {
    if (await healthy(url)) return { version: await versionOf(url), url };
    if (server.died() || Date.now() > until)
      throw new Error(`Elasticsearch did not start: ${server.log().slice(-800)}`);
  }
}

/** This build has no `GET /`. */
export async function versionOf(url: string): Promise<string> {
  const { origin, username, password } = new URL(url);
  const headers =
    username === ""
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`,
        };
  const answer = await fetch(`${origin}/_nodes/_local?filter_path=nodes.*.version`, { headers });
  return /"version":"([^"]+)"/u.exec(await answer.text())?.[1] ?? "unknown";
}

async function healthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=2s`);
    return answer.ok && /"status":"(green|yellow)"/u.test(await answer.text());
  } catch {
    return false;
  }
}

async function distribution(): Promise<string> {
  return await cached(`elasticsearch-${VERSION}`, async (aside) => {
    if (!hasProgram("mvn"))
      throw new Error(
        "no Elasticsearch: needs mvn (apt-get install maven) for the first download; or set EXPUNGE_TEST_ELASTICSEARCH_URL",
      );
    process.stderr.write(`test servers: fetching Elasticsearch ${VERSION} (about 130 MB)\n`);
    const loads = join(aside, "loads");
    const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${VERSION}:zip`;
    await sh(
      "mvn",
      [
        "-q",
        "-B",
        `-Dmaven.repo.local=${join(loads, "m2")}`,
        "dependency:copy",
        `-Dartifact=${artifact}`,
        `-DoutputDirectory=${loads}`,
      ],
      {
        cwd: aside,
      },
    );
    const zip = join(loads, `elasticsearch-${VERSION}.zip`);
    const hash = createHash("sha256");
    await pipeline(createReadStream(zip), hash);
    if (hash.digest("hex") !== SHA256)
      throw new Error(`no Elasticsearch: the file that came is not Elasticsearch ${VERSION} as pinned`);
    if (hasProgram("unzip")) await sh("unzip", ["-q", zip, "-d", loads]);
    else await sh("python3", ["-m", "zipfile", "-e", zip, loads]);
    const tree = join(loads, `elasticsearch-${VERSION}`);
    for (const name of readdirSync(join(tree, "bin"))) chmodSync(join(tree, "bin", name), 0o755);
    await sh("chmod", ["-R", "a+rX", tree]);
    for (const name of readdirSync(tree)) renameSync(join(tree, name), join(aside, name));
    rmSync(loads, { recursive: true });
  });
}
