import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { people, type PeopleOptions } from "./people.ts";
import { cell } from "./seed-s3.ts";

/** The folder that marketing shares: lists with semicolons, one of them packed, and a survey. */
export function seedFiles(root: string, options: PeopleOptions): void {
  const last = (options.year ?? new Date().getFullYear()) - 1;
  const autumn = ["Name;E-Mail;Ort\n"];
  const newsletter = ["E-Mail;Anrede;Seit\r\n"];
  const fair = ["\ufeffE-Mail;Stand\r\n"];
  const survey = ["email,name,score,comment\n"];
  for (const shopper of people(options)) {
    const { email, name, street, city, otherSpelling } = shopper;
    if (shopper.onLists) {
      autumn.push(`${cell(name, ";")};${cell(otherSpelling, ";")};${city}\n`);
      newsletter.push(`${cell(email, ";")};"Guten Tag ""${name.replaceAll('"', '""')}""";${shopper.createdOn}\r\n`);
    }
    if (shopper.lead?.source === "fair") fair.push(`${cell(email, ";")};"Halle 3;\r\n${street}"\r\n`);
    if (shopper.inSurvey)
      survey.push(
        `${cell(email, ",")},${cell(name, ",")},${shopper.id % 11},"Gern wieder, sagt ${name.replaceAll('"', '""')}"\n`,
      );
  }
  for (const folder of ["lists", "survey"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, `lists/autumn-${last}.csv`), autumn.join(""), { mode: 0o640 });
  writeFileSync(join(root, `lists/newsletter-${last}.csv.gz`), gzipSync(newsletter.join("")), {
    mode: 0o640,
  });
  writeFileSync(join(root, `lists/fair-${last}.csv`), fair.join(""), { mode: 0o640 });
  writeFileSync(join(root, `survey/${last}.csv`), survey.join(""), { mode: 0o640 });
  writeFileSync(join(root, "lists/readme.txt"), "Ask marketing before you add a list.\n");
}
