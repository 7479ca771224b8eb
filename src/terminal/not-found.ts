import type { Hook } from "@oclif/core";
import { Failure } from "../errors.ts";
import { nearest } from "../model/nearest.ts";

/** What was typed is no command: suggests the nearest that is, and never repeats what was typed. */
const notFound: Hook<"command_not_found"> = async ({ id, config }) => {
  const meant = meantBy(id.split(/[: ]/u), [
    ...config.commands.filter((command) => !command.hidden).map((command) => command.id.replaceAll(":", " ")),
    ...config.topics.filter((topic) => topic.hidden !== true).map((topic) => topic.name.replaceAll(":", " ")),
  ]);
  throw new Failure(
    "UNKNOWN_COMMAND",
    `this is no command${meant === undefined ? "" : `. Did you mean \`expunge ${meant}\`?`}`,
  );
};

/** Its first words are the command's, the others are what it is to work on. */
function meantBy(words: readonly string[], known: readonly string[]): string | undefined {
  for (let length = Math.min(words.length, LONGEST); length > 0; length--) {
    const meant = nearest(words.slice(0, length).join(" "), known);
    if (meant !== undefined) return meant;
  }
  return undefined;
}

/** Words in a command's name, and one that does not belong there. */
const LONGEST = 3;

export default notFound;
