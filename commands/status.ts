import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../src/base-command.ts";
import { EXIT, Failure } from "../src/errors.ts";
import type { BoardFrame, BoardLine } from "../src/reports/board-page.ts";
import { parsePeriod } from "../src/retention/period.ts";
import { addPeriod, daysBetween } from "../src/retention/civil-date.ts";
import { stateWords } from "../src/model/words.ts";
import type { Reading } from "../src/workspace.ts";
import type { WrittenFile } from "../src/write-whole.ts";
import { count, day, safe, spoken, table, tint } from "../src/terminal/show.ts";

/** The most urgent ones: of each request its line has what it waits for, and `request show` says its next step. */
const NEXT = 3;

export default class Status extends BaseCommand {
  static override summary = "The board: open requests, the most urgent first.";
  static override examples = [
    "<%= config.bin %> status",
    "<%= config.bin %> status --due-within 7d --exit-code",
    "<%= config.bin %> status --html board.html",
  ];
  static override flags = {
    "due-within": Flags.string({ helpValue: "7d", summary: "Only requests due within this time, or overdue." }),
    "exit-code": Flags.boolean({
      summary: "Exit 2 when a listed request is overdue, or due within the time asked for.",
    }),
    html: Flags.string({
      helpValue: "FILE",
      summary: "Write the board as a page too, for those who have no terminal.",
    }),
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(Status);
    const { board } = await import("../src/requests/board.ts");
    const { todayOf } = await import("../src/requests/context.ts");
    const { openReading } = await import("../src/workspace.ts");
    await using workspace = await openReading(flags, { registry, signal, deadlines: false });
    // a board is answered without a data map too
    const today = await todayOf(workspace);
    const within = flags["due-within"] === undefined ? undefined : daysWithin(flags["due-within"], today);
    const { leftLines } = await import("../src/requests/left-blocked.ts");
    const left = await leftLines(workspace.state.read);
    const open = await board(workspace.state.read, today, flags.html === undefined ? "words" : "ids");
    const items = open.filter((item) => within === undefined || (item.days_left !== null && item.days_left <= within));
    const rows = items.map((item) => [
      item.days_left === null
        ? ""
        : item.overdue
          ? tint(`! OVERDUE ${-item.days_left} d`, "danger", tone.plain)
          : `${item.days_left} d`,
      item.due === null ? "due work" : day(item.due),
      item.id,
      stateWords(item.state),
      safe(spoken(item.waiting_for)) +
        (item.undo_until === undefined ? "" : `; undo works until ${day(item.undo_until)}`),
    ]);
    const file =
      flags.html === undefined
        ? undefined
        : await writePage(flags.html, items, { today, within, aside: left, controller: await controllerOf(workspace) });
    // beside the rows a command would be cut in a narrow terminal
    const next = [...new Set(items.flatMap((item) => item.next ?? []))].slice(0, NEXT);
    const overdue = items.filter((item) => item.overdue).length;
    const human =
      items.length === 0
        ? open.length === 0
          ? "No open request."
          : `None of the ${count(open.length, "open request")} is due within that time.`
        : `${table(rows, ["", "Due", "Request", "State", "Waiting for"])}\n${day(today)} · ${count(items.length, "open request")}${overdue > 0 ? `, ${tint(`${overdue} OVERDUE`, "danger", tone.plain)}` : ""}`;
    const pressing = items.some((item) => item.overdue || within !== undefined);
    const aside = left.map(
      ({ request, record, count: some, tried_again_after: last }) =>
        `\n${record}: ${count(some, "due record")} left aside, as something stands against ${some === 1 ? "it" : "them"} (${request})${last === undefined ? "" : `; tried again after ${day(last)}`}`,
    );
    const written = file === undefined ? "" : `\nWritten: ${flags.html ?? ""}`;
    return {
      data: { items, ...(left.length === 0 ? {} : { left_blocked: left }), ...(file === undefined ? {} : { file }) },
      human: `${human}${aside.join("")}${written}`,
      next,
      exit: flags["exit-code"] && pressing ? EXIT.findings : EXIT.done,
    };
  }
}

function daysWithin(text: string, today: string): number {
  const period = parsePeriod(
    text.replace(/^(\d+)\s*d$/u, "$1 days").replace(/^(\d+)\s*w$/u, (_, weeks: string) => `${Number(weeks) * 7} days`),
  );
  if (period === undefined) throw new Failure("USAGE", "--due-within wants a time such as `7d` or `2 weeks`");
  return daysBetween(today, addPeriod(today, period));
}

async function writePage(path: string, items: readonly BoardLine[], frame: BoardFrame): Promise<WrittenFile> {
  const { boardPage } = await import("../src/reports/board-page.ts");
  const { writeWhole } = await import("../src/write-whole.ts");
  return writeWhole(path, boardPage(items, frame));
}

/** A board is shown without a data map too. */
async function controllerOf(workspace: Pick<Reading, "dataMap">): Promise<string | undefined> {
  try {
    return (await workspace.dataMap()).controller.name;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
