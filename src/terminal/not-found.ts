import type { Hook } from "@oclif/core";
import { Failure } from "../errors.ts";
import { nearest } from "../model/nearest.ts";

/** What was typed is no command: suggests the nearest that is, and never repeats what was typed. */
const notFound: Hook<"command_not_found"> = async ({ id, config }) => {
  const known = config.commands.filter((command) => !command.hidden).map((command) => command.id.replaceAll(":", " "));
  const meant = nearest(id.replaceAll(":", " "), known);
  throw new Failure(
    "UNKNOWN_COMMAND",
    `this is no command${meant === undefined ? "" : `. Did you mean \`expunge ${meant}\`?`}`,
  );
};

export default notFound;
