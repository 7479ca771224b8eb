import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../../src/base-command.ts";
import { Failure } from "../../src/errors.ts";
import type { Context } from "../../src/requests/context.ts";
import { askText, askYes } from "../../src/terminal/ask.ts";
import { dueText } from "../../src/terminal/dates.ts";
import { readInput } from "../../src/terminal/read-input.ts";
import { requestTable } from "../../src/terminal/request-screen.ts";
import { day, indent, safe, table } from "../../src/terminal/show.ts";

/** So many lines are told, and then how many more. */
const TOLD = 20;

export default class RequestNew extends BaseCommand {
  static override summary = "Open a request for a person, or one each for several.";
  static override description =
    "Identifiers are read from a file, from stdin or from a prompt, never from the command line. A subject is a JSON object: identity names of the data map with a text or a list of texts. Several: an array, or one object a line.";
  static override examples = [
    "<%= config.bin %> request new --subject-file person.json --ref TICKET-7",
    "<%= config.bin %> request new --subject-file - --received 2026-11-02 < people.ndjson",
  ];
  static override flags = {
    ...asFlag,
    "subject-file": Flags.string({
      helpValue: "FILE|-",
      summary: "JSON file with the person's identifiers; - is stdin.",
    }),
    received: Flags.string({
      helpValue: "DATE",
      summary: "Day on which the request came in, at the controller; or an ISO time. Default: today.",
    }),
    ref: Flags.string({ helpValue: "TICKET", summary: "Number of a ticket; never an identifier." }),
    type: Flags.string({
      options: ["erasure", "restriction"],
      default: "erasure",
      hidden: true,
      summary: "What the person asks for.",
    }),
    batch: Flags.boolean({ summary: "One request for all people of the file." }),
  };

  protected override async work({ signal, asking, say, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(RequestNew);
    if (flags.type === "restriction")
      throw new Failure("OPTION_NOT_BUILT", "--type restriction is not built yet", {
        help: "Requests are for erasure; leave --type out.",
      });
    const { daysLeft } = await import("../../src/requests/board.ts");
    const { contextOf, today } = await import("../../src/requests/context.ts");
    const { readPeople } = await import("../../src/planner/subjects.ts");
    const { likelyDuplicates, openRequests } = await import("../../src/requests/open-request.ts");
    const { requestJson } = await import("../../src/requests/request-json.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, act: "request new" });
    const map = await workspace.dataMap();
    const context = contextOf(workspace, map, () => {});
    const file = flags["subject-file"];
    if (file === "-" && tone.verbose) say("Reading the subjects from stdin.");
    const asked = file === undefined ? await this.#ask(context, flags, { asking, say }) : undefined;
    const { subjects, repeated } = readPeople(asked?.subject ?? (await readInput(file ?? "-", signal)), map.identities);
    const received = asked?.received ?? flags.received;
    const ref = asked?.ref ?? flags.ref;
    const requests = await openRequests(context, subjects, workspace.pseudonym, {
      batch: flags.batch,
      ...(received === undefined ? {} : { received }),
      ...(ref === undefined ? {} : { ref }),
    });
    const now = today(context);
    const [first] = requests;
    const due =
      first?.due === undefined ? "" : `\nThe answer is due ${dueText(first.due, daysLeft(first, now), tone.plain)}.`;
    return {
      data: { requests: requests.map((request) => requestJson(request, now)) },
      human: requestTable(requests, (request) => daysLeft(request, now), tone.plain) + due,
      warnings: [
        ...repeated.slice(0, TOLD).map((line) => `line ${line} says again who stands above: they are one person`),
        ...(repeated.length > TOLD ? [`and ${repeated.length - TOLD} more lines like it`] : []),
        ...likelyDuplicates(requests, await workspace.state.read.requests.list()).map((id) =>
          subjects.length > 1
            ? `${id} is open and about one of the same people`
            : `${id} is open and about the same person`,
        ),
      ],
      next: requests.slice(0, 3).map(({ id }) => `expunge request identity ${id}`),
    };
  }

  /** Asks for everything, and reads it back, but for identifiers: what is typed of them does not show. */
  async #ask(
    context: Context,
    given: { readonly received?: string | undefined; readonly ref?: string | undefined },
    { asking, say }: Pick<Session, "asking" | "say">,
  ) {
    if (!asking.possible) throw new Failure("USAGE", "missing: --subject-file");
    const { askRequest } = await import("../../src/requests/ask-request.ts");
    const asked = await askRequest(
      context,
      given,
      async (question, how) => (await askText(question, asking, how)) ?? "",
    );
    say(
      indent(
        table(
          asked.readBack.map(([name, value]) => [name, name === "received" ? day(value.slice(0, 10)) : safe(value)]),
        ),
      ),
    );
    if (!(await askYes("Open the request?", asking, true)))
      throw new Failure("INTERRUPTED", "nothing was opened", { help: "Run the same command again." });
    return asked;
  }
}
