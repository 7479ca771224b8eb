#!/usr/bin/env node
// Syntax that every Node can read comes first: an old one must reach the message.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 24 ? major >= 26 : major === 24 && minor >= 15) {
  // While a large file streams through, Node doubles the young part of its heap again and again. Kept at its first size, the
  // peak does not grow with the file, and no time is lost. Set here: a first line with flags would not work on every system.
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--semi-space-growth-factor=1");
  const { start } = await import("../dist/src/terminal/start.js");
  await start(process.argv.slice(2), import.meta.dirname);
} else {
  process.stderr.write(
    `expunge needs Node 24.15 or newer (not 25), this is ${process.versions.node}. Use \`npx expunge\` in the project's folder: it brings its own.\n`,
  );
  process.exitCode = 1;
}
