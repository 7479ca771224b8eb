import { runProgram, type How } from "../test/support/program.ts";

/** Runs one command; throws with what it said where it does not end with 0. */
export async function command(args: string, how: How): Promise<string> {
  const { output, exit } = await runProgram(args.split(" "), how);
  if (exit !== 0) throw new Error(`expunge ${args} ended with ${exit}:\n${output}`);
  return output;
}

/** A workspace in `how.cwd`, where the data map lies, and a request for this subject with its identity confirmed; its id. */
export async function openRequest(subject: object, how: How): Promise<string> {
  await command("init", how);
  const output = await command("request new --subject-file -", {
    ...how,
    stdin: JSON.stringify(subject),
  });
  const id = /R-\d{4}-\d{4,}/u.exec(output)?.[0];
  if (id === undefined) throw new Error(`no request id in:\n${output}`);
  await command(`request identity ${id} --method bench --result ok`, how);
  return id;
}
