import { EXIT, Failure } from "../errors.ts";

interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** Ctrl-C once: the signal aborts, and what is at hand is finished. Twice: the process ends at once. A request to end (SIGTERM) counts as Ctrl-C. */
export function listenForInterrupt(say: (text: string) => void): Interruption {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    say("Finishing this record, then stopping. Ctrl-C again stops now. Running again goes on from here.");
    controller.abort(new Failure("INTERRUPTED", "stopped after the record at hand"));
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
