/** How a person or a script wants to be spoken to. */
export interface Tone {
  /** stdout is JSON. */
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** No colours, no lines that change in place. */
  readonly plain: boolean;
}

/** Read from the arguments themselves: failures of parsing them are told in this tone too. */
export function toneOf(argv: readonly string[]): Tone {
  const end = argv.indexOf("--");
  const flags = end === -1 ? argv : argv.slice(0, end);
  return {
    json: flags.includes("--json"),
    quiet: flags.includes("--quiet"),
    verbose: flags.includes("--verbose"),
    plain: flags.includes("--plain"),
  };
}
