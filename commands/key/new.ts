import { join } from "node:path";
import { Args } from "@oclif/core";
import { type Answer, BaseCommand } from "../../src/base-command.ts";

export default class KeyNew extends BaseCommand {
  static override summary = "Make a key of your own, with which you act and approve.";
  static override description =
    "The private key stays in a file that only you can read. Its public key goes into the data map, under `people`, with what you may do; from then on `--sign-with FILE` (or EXPUNGE_SIGN_WITH) shows that it is you.";
  static override examples = ["<%= config.bin %> key new maya.lind"];
  static override args = {
    name: Args.string({ required: true, description: "your name, as it is to stand in the data map" }),
  };

  protected override readonly asks = { name: { question: "Your name, as it is to stand in the data map:" } };

  protected override async work(): Promise<Answer> {
    const { args } = await this.parse(KeyNew);
    const { makePersonKey } = await import("../../src/person-keys.ts");
    const { name, vkey, file } = makePersonKey(join(this.config.configDir, "keys"), args.name);
    return {
      data: { name, vkey, file },
      human: [
        `made  ${file}`,
        "It is yours alone: nobody else needs it, and it is never made again.",
        "For the data map:",
        "  people:",
        `    ${name}: { key: "${vkey}", roles: [officer] }`,
      ].join("\n"),
    };
  }
}
