/** A page to read beside the signed file. It proves nothing itself and says so. */
import type { Status } from "../model/status.ts";
import type { ReportPayload } from "../ledger/report-file.ts";
import { html, type Markup, raw } from "./markup.ts";
import { spoken } from "./spoken-date.ts";
import { STYLE } from "./style.ts";
import { summarise, type Summary, type SystemLine } from "./summary.ts";

/** `signed`: name and SHA-256 of the JSON file that this page is a view of. */
export function reportPage(report: ReportPayload, signed: { readonly name: string; readonly sha256: string }): string {
  const summary = summarise(report.entries.map(({ core }) => core));
  const title = `Proof of erasure ${report.request}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p class="outcome${summary.state === "closed" ? "" : " open"}">${summary.sentence}</p>
          ${requestPart(report, summary)} ${systemsPart(summary)} ${looksPart(summary)} ${keptPart(summary)} ${residuePart(summary)} ${peoplePart(summary)}
          ${rulesPart(report, summary)} ${ledgerPart(report, signed)}
          <h2>What this report does not show</h2>
          <ul>
            ${report.limits.map((limit) => html`<li>${limit}</li> `)}
          </ul>
        </main>
      </body>
    </html> `;
  return page.markup;
}

function requestPart(report: ReportPayload, { right, subjects, controller, received, regime, deadline, decision, state, keys_destroyed_at }: Summary): Markup {
  return html`<h2>The request</h2>
    <dl>
      ${fact("Request", html`${report.request} (${right})`)} ${controller === null ? html`` : fact("Controller", html`${controller}`)}
      ${fact("People", html`${subjects ?? "not recorded"}`)} ${fact("Received", received === null ? html`not recorded` : day(received))}
      ${deadline === null ? html`` : deadlineFacts(deadline, regime)}
      ${decision === null ? html`` : fact("Decision", html`${decision.decision}${decision.exceptions.length > 0 ? `, exceptions: ${decision.exceptions.join(", ")}` : ""}, ${day(decision.at)}`)}
      ${fact("State", html`${state ?? "open"}`)}
      ${fact("Keys to the person's data in this tool", keys_destroyed_at === null ? html`not destroyed yet` : html`destroyed ${day(keys_destroyed_at)}`)}
    </dl>`;
}

function deadlineFacts({ nominal, legal, extended, ended_at, met }: NonNullable<Summary["deadline"]>, regime: string | null): Markup {
  const verdict = met === null ? html`not answered yet` : met ? html`<span class="good">Met</span>` : html`<span class="bad">Missed</span>`;
  return html`${fact("Answer due", html`${day(legal)}${regime === null ? "" : ` (${regime.toUpperCase()} rules; one month ends ${spoken(nominal)}; with an extension ${spoken(extended)})`}`)}
  ${fact("Deadline", ended_at === null ? verdict : html`${verdict}: ended ${day(ended_at)}`)}`;
}

function systemsPart({ systems }: Summary): Markup {
  return table(
    "What was done, system by system",
    "Found: records that matched. Gone: read again afterwards and absent, or as the rule wants them.",
    ["System and record", "Rule", "Outcome", "Found", "Changed by us", "Gone", "Gone before", "Kept", "Waiting", "Blocked"],
    systems.map(
      (line) =>
        html`<tr>
          <th scope="row">${line.system}.${line.record}</th>
          <td>${line.operation}</td>
          <td>${outcome(line)}</td>
          ${[line.found, line.affected, line.gone, line.already_gone, line.kept, line.waiting, line.blocked].map((count) => html`<td class="number">${count}</td>`)}
        </tr>`,
    ),
    "No system has reported a result yet.",
  );
}

function looksPart({ systems }: Summary): Markup {
  return table(
    "How it was checked",
    "The last look at each record type, on a fresh connection.",
    ["System and record", "Done with", "Done at", "Last look found", "Method", "Looked at"],
    systems.map(
      ({ system, record, connector, finished, kept, verified }) =>
        html`<tr>
          <th scope="row">${system}.${record}</th>
          <td>${connector}</td>
          <td>${day(finished)}</td>
          <td>${lastLook(verified, kept)}</td>
          <td>${verified?.method ?? "none"}</td>
          <td>${verified === null ? html`never` : day(verified.at)}</td>
        </tr>`,
    ),
    "Nothing was checked yet.",
  );
}

function outcome({ status, reason, own, minimised }: SystemLine): Markup {
  const notes = [
    reason === null ? "" : reason.replaceAll("_", " "),
    own > 0 ? `${own} rows of our own making in the audit trail redacted` : "",
    minimised > 0 ? `${minimised} minimised while kept` : "",
  ].filter((note) => note !== "");
  return html`<span class="${toneOf(status)}">${status.replaceAll("_", " ")}</span>${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}

function lastLook(verified: SystemLine["verified"], kept: number): Markup {
  if (verified === null) return html`<span class="warn">not looked at again</span>`;
  const { result, residual } = verified;
  if (result === "pass") return html`<span class="good">nothing${kept > 0 ? " but what was kept" : " left"}</span>`;
  if (result === "fail") return html`<span class="bad">${residual} still there</span>`;
  return html`<span class="warn">${result.replaceAll("_", " ")}</span>`;
}

function keptPart({ kept }: Summary): Markup {
  return table(
    "What was kept, and why",
    "Records that a law or a hold wants kept.",
    ["System and record", "Records", "Reason", "Law", "Kept until", "Use"],
    kept.map(
      (line) =>
        html`<tr>
          <th scope="row">${line.system}.${line.record}</th>
          <td class="number">${line.count}</td>
          <td>${(line.reason ?? "not recorded").replaceAll("_", " ")}</td>
          <td>${line.law.join("; ")}</td>
          <td>${line.until === null ? html`not recorded` : day(line.until)}</td>
          <td>${line.restricted ? "restricted to what it is kept for" : "not restricted by the data map"}</td>
        </tr> `,
    ),
    "Nothing was kept.",
  );
}

function residuePart({ residue }: Summary): Markup {
  return table(
    "What no erasure reaches yet",
    "Copies that vanish by themselves, at the latest on the day given.",
    ["System", "Record", "Where", "Gone by"],
    residue.map(
      (line) =>
        html`<tr>
          <th scope="row">${line.system}</th>
          <td>${line.record ?? "all"}</td>
          <td>${line.mechanism.replaceAll("_", " ")}</td>
          <td>${line.gone_by === null ? html`<span class="warn">the system sets no end</span>` : day(line.gone_by)}</td>
        </tr> `,
    ),
    "None is known.",
  );
}

function peoplePart({ people }: Summary): Markup {
  return table(
    "Who did what",
    "People stand under opaque names; the controller can tell whose they are.",
    ["Event", "By", "At"],
    people.map(
      ({ did, actor, at }) =>
        html`<tr>
          <th scope="row">${did}</th>
          <td><code>${actor}</code></td>
          <td>${day(at)}</td>
        </tr> `,
    ),
    "Nobody is recorded.",
  );
}

function rulesPart({ tool }: ReportPayload, { decision }: Summary): Markup {
  return html`<h2>Rules and tools</h2>
    <dl>
      ${fact("Tool", html`${tool}`)}
      ${
        decision === null
          ? html``
          : html`${fact("Data map, SHA-256", html`<code>${decision.map_digest}</code>`)}
            ${decision.rules_digest === null ? html`` : fact("Statutory rules, SHA-256", html`<code>${decision.rules_digest}</code>`)}
            ${fact("Approved plan, SHA-256", html`<code>${decision.plan_digest}</code>`)}`
      }
    </dl>`;
}

function ledgerPart({ entries, checkpoint, generated_at }: ReportPayload, { name, sha256 }: { readonly name: string; readonly sha256: string }): Markup {
  return html`<h2>How to check this</h2>
    <p>
      This page is a view. What is signed is the file <code>${name}</code>, made ${day(generated_at)}, with the SHA-256 <code>${sha256}</code>. Anyone who has
      that file and the controller's public key can check it without any account:
    </p>
    <pre>expunge proof verify ${name} --key public.vkey</pre>
    <p>
      It discloses ${entries.length} entries of the controller's ledger, at the positions ${entries.map(({ proof }) => proof.index).join(", ")}, under this
      signed head:
    </p>
    <pre>${checkpoint}</pre>`;
}

function table(heading: string, caption: string, columns: readonly string[], rows: readonly Markup[], none: string): Markup {
  if (rows.length === 0)
    return html`<h2>${heading}</h2>
      <p>${none}</p>`;
  return html`<h2>${heading}</h2>
    <div class="wide" role="region" aria-label="${heading}" tabindex="0">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function fact(term: string, said: Markup): Markup {
  return html`<dt>${term}</dt>
    <dd>${said}</dd>`;
}

function day(date: string): Markup {
  return html`<time datetime="${date}">${spoken(date)}</time>`;
}

function toneOf(status: Status): "good" | "warn" | "bad" {
  switch (status) {
    case "deleted":
    case "anonymised":
    case "redacted":
    case "already_gone":
    case "nothing_found":
      return "good";
    case "failed":
    case "blocked":
    case "unverifiable":
    case "not_checked":
      return "bad";
    case "waiting":
    case "kept":
    case "residue":
    case "soft_deleted":
    case "accepted":
    case "pseudonymised":
      return "warn";
  }
}
