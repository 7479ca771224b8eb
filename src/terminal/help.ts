import { type Command, Help, type Interfaces } from "@oclif/core";
import { fit } from "./fit.ts";

/** Commands and topics in the order in which people need them. What is not named here comes at the end. */
const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ["SET UP", ["init", "map", "explain", "connector", "doctor", "key"]],
  ["A REQUEST'S WAY", ["request", "plan", "approve", "run", "verify"]],
  ["KEEP AN EYE ON", ["status", "hold", "bin", "task", "undo", "reapply"]],
  ["PROVE IT", ["report", "letter", "proof"]],
];

/** Commands of a topic, in their order. */
const WITHIN: Readonly<Record<string, readonly string[]>> = {
  request: ["new", "identity", "list", "show", "extend", "cancel", "refuse", "close"],
  bin: ["list", "restore", "purge"],
  map: ["lint", "check", "rehearse", "diff", "graph", "accept", "import", "export"],
  proof: ["checkpoint", "export", "verify", "expire"],
};

/** Where a command stands: `approve` before `run`. */
export function workingOrder(id: string): number {
  const [first = "", second] = id.split(/[: ]/u);
  const names = GROUPS.flatMap(([, group]) => group);
  const at = names.indexOf(first);
  const within = second === undefined ? -1 : (WITHIN[first] ?? []).indexOf(second);
  return (at === -1 ? names.length : at) * 100 + within + 1;
}

/** oclif's help, with commands in working order, and topics among them. */
export default class WorkingHelp extends Help {
  protected override get sortedCommands(): Command.Loadable[] {
    return super.sortedCommands.toSorted((a, b) => workingOrder(a.id) - workingOrder(b.id));
  }

  /** oclif wraps lists and descriptions, but no summary, and the terminal would break it within a word. */
  protected override log(...args: string[]): void {
    // a command is never cut: it is copied
    const whole = (line: string): string => (/^\s*\$ /u.test(line) ? line : fit(line, process.stdout));
    super.log(...args.map((text) => text.split("\n").map(whole).join("\n")));
  }

  protected override async showRootHelp(): Promise<void> {
    const topics = this.sortedTopics.filter(({ name }) => !name.includes(":"));
    const commands = this.sortedCommands.filter(({ id }) => !id.includes(":") && id !== "");
    this.log(`${this.formatRoot()}\n`);
    const named = new Set(GROUPS.flatMap(([, names]) => names));
    const rest = [...new Set([...topics.map(({ name }) => name), ...commands.map(({ id }) => id)])].filter(
      (name) => !named.has(name),
    );
    for (const [title, names] of [...GROUPS, ["MORE", rest] as const]) {
      const rows = names.flatMap((name) => this.#row(name, topics, commands));
      if (rows.length > 0)
        this.log(
          `${this.section(title, this.renderList(rows, { indentation: 2, spacer: "\n", stripAnsi: this.opts.stripAnsi ?? false }))}\n`,
        );
    }
  }

  #row(name: string, topics: readonly Interfaces.Topic[], commands: readonly Command.Loadable[]): [string, string][] {
    const command = commands.find(({ id }) => id === name);
    if (command !== undefined) return [[name, this.summary(command) ?? ""]];
    const topic = topics.find((one) => one.name === name);
    return topic === undefined ? [] : [[`${name} …`, topic.description ?? ""]];
  }
}
