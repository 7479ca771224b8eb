import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../../src/base-command.ts";
import { Failure } from "../../src/errors.ts";
import type { Identity } from "../../src/model/datamap.ts";
import { askText } from "../../src/terminal/ask.ts";
import { readInput } from "../../src/terminal/read-input.ts";
import { dueText, requestTable } from "../../src/terminal/request-screen.ts";

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
    "subject-file": Flags.string({ helpValue: "FILE|-", summary: "JSON file with the person's identifiers; - is stdin." }),
    received: Flags.string({ helpValue: "DATE", summary: "Day on which the request came in, at the controller; or an ISO time. Default: today." }),
    ref: Flags.string({ helpValue: "TICKET", summary: "Number of a ticket; never an identifier." }),
    type: Flags.string({ options: ["erasure", "restriction"], default: "erasure", hidden: true, summary: "What the person asks for." }),
    batch: Flags.boolean({ summary: "One request for all people of the file." }),
  };

  protected override async work({ signal, asking, say, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(RequestNew);
    if (flags.type === "restriction")
      throw new Failure("OPTION_NOT_BUILT", "--type restriction is not built yet", { help: "Requests are for erasure; leave --type out." });
    const { openWorkspace } = await import("../../src/workspace.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    const { readSubjects } = await import("../../src/planner/subjects.ts");
    const { likelyDuplicates, openRequests } = await import("../../src/requests/open-request.ts");
    const { requestJson } = await import("../../src/requests/request-json.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const map = await workspace.dataMap();
    const file = flags["subject-file"];
    if (file === "-" && tone.verbose) say("Reading the subjects from stdin.");
    const text = file === undefined ? await askSubject(map.identities, asking) : await readInput(file, signal);
    const subjects = readSubjects(text, map.identities);
    const context = contextOf(workspace, map, () => {});
    const requests = await openRequests(context, subjects, workspace.pseudonym, {
      batch: flags.batch,
      ...(flags.received === undefined ? {} : { received: flags.received }),
      ...(flags.ref === undefined ? {} : { ref: flags.ref }),
    });
    const [first] = requests;
    const due = first === undefined ? "" : `\nThe answer is due ${dueText(first.due)}.`;
    return {
      data: { requests: requests.map(requestJson) },
      human: requestTable(requests) + due,
      warnings: likelyDuplicates(requests, await workspace.state.read.requests.list()).map((id) => `${id} is open and about the same person`),
      next: requests.slice(0, 3).map(({ id }) => `expunge request identity ${id} --method TEXT --result ok`),
    };
  }
}

/** Asks for each identity of the data map; what is left empty is not given. What is typed does not show. */
async function askSubject(identities: readonly Identity[], asking: Session["asking"]): Promise<string> {
  if (!asking.possible) throw new Failure("USAGE", "missing: --subject-file");
  const given: [string, string][] = [];
  for (const { name } of identities.filter(({ foundIn }) => foundIn === undefined)) {
    const value = await askText(`${name} (empty: not known):`, asking, true);
    if (value !== undefined && value.trim() !== "") given.push([name, value]);
  }
  return JSON.stringify(Object.fromEntries(given));
}
