/** The look of a report's page: no script, no outside file, readable in print and in the dark. Contrast 4.5:1 or better. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1a1a1a; --quiet: #4a4a4a; --paper: #fff; --line: #767676; --head: #eef1f4; --good: #0a5c2b; --warn: #7a3d00; --bad: #9b1c1c; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f0f0; --quiet: #c4c4c4; --paper: #161616; --line: #8a8a8a; --head: #2a2d31; --good: #7ddc9f; --warn: #ffb868; --bad: #ff9a9a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.25; } h2 { margin-top: 2.25rem; font-size: 1.25rem; }
.outcome { padding: 0.75rem 1rem; border-left: 0.35rem solid var(--good); background: var(--head); font-size: 1.125rem; }
.outcome.open { border-color: var(--warn); }
.wide { overflow-x: auto; } .wide:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; } caption { padding: 0.25rem 0; text-align: left; color: var(--quiet); }
th, td { padding: 0.35rem 0.6rem; border: 1px solid var(--line); text-align: left; vertical-align: top; } thead th { background: var(--head); } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 600; } .warn { color: var(--warn); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(10rem, max-content) 1fr; gap: 0.25rem 1rem; } dt { color: var(--quiet); } dd { margin: 0; }
code, pre { font: 0.9rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; } pre { padding: 0.75rem; border: 1px solid var(--line); white-space: pre-wrap; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.5rem; } }
@media print { :root { --ink: #000; --quiet: #333; --paper: #fff; --head: #f2f2f2; --good: #0a5c2b; --warn: #7a3d00; --bad: #9b1c1c; } body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; } tr, pre, .outcome { break-inside: avoid; } thead { display: table-header-group; } .wide { overflow: visible; } @page { margin: 15mm; } }
`;
