import { Plugin, settings } from "@oclif/core";
import { workingOrder } from "../../../src/terminal/help.ts";

/** What is used of a command's description. */
interface Described {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly args: readonly { readonly name: string; readonly required: boolean; readonly description: string }[];
  readonly flags: readonly DescribedFlag[];
  readonly examples: readonly string[];
}

interface DescribedFlag {
  readonly name: string;
  readonly summary: string;
  readonly value: string;
  readonly required: boolean;
  readonly global: boolean;
  readonly fallback: string;
}

/** The page of all commands, from the built ones. */
export async function commandsPage(root: string): Promise<string> {
  settings.enableAutoTranspile = false;
  const plugin = new Plugin({ root, type: "core", isRoot: true, ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  const commands = Object.values(plugin.manifest.commands)
    .filter(({ hidden }) => hidden !== true)
    .map((command) => describe(command))
    .toSorted((a, b) => workingOrder(a.id) - workingOrder(b.id) || a.id.localeCompare(b.id));
  const globals = commands[0]?.flags.filter(({ global }) => global) ?? [];
  return [
    "# Commands",
    "",
    "Written by `npm run docs` from the commands themselves. What each returns with `--json` is described in [schemas](schemas); exit codes are in [exit-codes.md](exit-codes.md).",
    "Data goes to stdout, talk to stderr. Identifiers are read from files, stdin or a prompt, never from the command line.",
    "",
    "Every command has these flags:",
    "",
    ...flagTable(globals),
    ...commands.flatMap((command) => section(command)),
    "",
  ].join("\n");
}

function describe({
  id,
  summary = "",
  description = "",
  args,
  flags,
  examples = [],
}: Plugin["manifest"]["commands"][string]): Described {
  return {
    id: id.replaceAll(":", " "),
    summary,
    description,
    args: Object.values(args).map((arg) => ({
      name: arg.name,
      required: arg.required === true,
      description: arg.description ?? "",
    })),
    flags: shown(flags).map((flag) => ({
      name: flag.name,
      summary: flag.summary ?? "",
      required: flag.required === true,
      global: flag.helpGroup === "GLOBAL",
      value: flag.type === "option" ? (flag.helpValue?.toString() ?? flag.options?.join("|") ?? "VALUE") : "",
      fallback: flag.type === "option" && flag.default !== undefined ? String(flag.default) : "",
    })),
    examples: examples
      .filter((example) => typeof example === "string")
      .map((example) =>
        example.replaceAll("<%= config.bin %>", "expunge").replaceAll("<%= command.id %>", id.replaceAll(":", " ")),
      ),
  };
}

function shown<F extends { readonly hidden?: boolean }>(flags: Readonly<Record<string, F>>): readonly F[] {
  return Object.values(flags).filter(({ hidden }) => hidden !== true);
}

function section({ id, summary, description, args, flags, examples }: Described): readonly string[] {
  const own = flags.filter(({ global }) => !global);
  const usage = [
    "expunge",
    id,
    ...args.map(({ name, required }) => (required ? name.toUpperCase() : `[${name.toUpperCase()}]`)),
    ...own.map((flag) => usageOf(flag)),
  ].join(" ");
  return [
    "",
    `## ${id}`,
    summary,
    ...(description === "" ? [] : ["", description]),
    "",
    "```",
    usage,
    "```",
    ...(own.length === 0 ? [] : ["", ...flagTable(own)]),
    ...(examples.length === 0 ? [] : ["", "For example:", "```", ...examples, "```"]),
  ];
}

function usageOf({ name, value, required }: DescribedFlag): string {
  const flag = `--${name}${value === "" ? "" : ` ${value}`}`;
  return required ? flag : `[${flag}]`;
}

function flagTable(flags: readonly DescribedFlag[]): readonly string[] {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  return [
    "| flag | means | default |",
    "|---|---|---|",
    ...flags.map(
      ({ name, value, summary, fallback, required }) =>
        `| \`--${name}${value === "" ? "" : ` ${cell(value)}`}\` | ${cell(summary)} | ${required ? "required" : fallback === "" ? "" : `\`${fallback}\``} |`,
    ),
  ];
}
