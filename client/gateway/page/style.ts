// The look of the page, with the colours of report.html: light and dark, down to 390 pixels, and with a focus that shows.

export const style = `
:root {
  color-scheme: light dark;
  --bg: #f5f6f8; --card: #ffffff; --ink: #1a2330; --soft: #586474; --line: #dde2e9; --wash: #f0f3f7;
  --accent: #2c66d3; --on-accent: #ffffff; --edge: #7d8998; --good: #187a4e; --bad: #c0362f; --warn: #96600a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0f1318; --card: #171c23; --ink: #e4e9f0; --soft: #9ba8b8; --line: #2a333f; --wash: #1e252e;
    --accent: #6fa1ff; --on-accent: #0f1318; --edge: #6b7989; --good: #45bd86; --bad: #f0736a; --warn: #dfa847;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header, main { max-width: 976px; margin: 0 auto; padding: 0 24px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 28px; padding-top: 18px; padding-bottom: 10px; }
nav { display: flex; flex: 1; flex-wrap: wrap; align-items: center; gap: 8px 20px; }
nav a { padding: 4px 0; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); }
#who { margin-left: auto; }
main { padding-bottom: 56px; }
main:focus { outline: none; }
h1 { margin: 14px 0 10px; font-size: 28px; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 19px; letter-spacing: -0.01em; }
p { margin: 0 0 12px; max-width: 84ch; overflow-wrap: anywhere; }
p:empty { margin: 0; }
p:empty:not([role]) { display: none; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 12px; top: 4px; padding: 4px 10px; background: var(--card); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
code, textarea { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.problem { color: var(--bad); }
section, .card { margin: 16px 0; padding: 20px 24px 22px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.narrow { max-width: 460px; margin: 32px auto; }
.card > h1 { margin-top: 0; }
.card > p:last-child { margin-bottom: 0; }
section { display: flex; flex-direction: column; align-items: flex-start; gap: 10px; }
section > * { max-width: 100%; margin: 0; }
h2:focus { outline: none; }
h2:focus-visible { outline: 2px solid var(--accent); }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; }
.badge { padding: 2px 12px; border-radius: 99px; background: var(--soft); color: var(--card); font-weight: 600; font-size: 14px; }
td .badge { padding: 1px 9px; font-size: 13px; white-space: nowrap; }
.badge[data-state="running"], .badge[data-state="merging"], .badge[data-state="opening"], .badge[data-state="planning"] { background: var(--accent); }
.badge[data-state="complete"] { background: var(--good); }
.badge[data-state="partial"], .badge[data-state="paused"], .badge[data-state="backing_off"], .badge[data-state="cancelling"] { background: var(--warn); }
.badge[data-state="none"], .badge[data-state="failed"], .badge[data-state="terminated"], .badge[data-state="timed_out"] { background: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0 0 14px; padding: 0; color: var(--soft); font-size: 14px; list-style: none; }
.facts li { overflow-wrap: anywhere; }
progress, meter { display: block; width: 100%; height: 10px; border: 0; border-radius: 99px; overflow: hidden; background: var(--line); appearance: none; }
progress { margin-bottom: 6px; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
meter { height: 6px; margin-top: 4px; }
meter::-webkit-meter-bar { height: 6px; border: 0; border-radius: 99px; background: var(--line); }
meter::-webkit-meter-optimum-value { border-radius: 99px; background: var(--accent); }
meter::-moz-meter-bar { background: var(--accent); }
.holds { margin: 0 0 12px; padding: 0; list-style: none; }
.holds li { margin-bottom: 6px; padding: 4px 12px; border-left: 3px solid var(--warn); background: var(--wash); overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 14px 0; }
.tiles > div { padding: 10px 14px 12px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; }
.tiles .problem { font-size: 13px; }
.tiles .figure { font-size: 19px; line-height: 1.35; font-weight: 600; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin: 12px 0; }
.bar:empty { display: none; }
.check { display: inline-flex; align-items: center; gap: 8px; margin-left: auto; }
label { font-weight: 500; }
input, textarea, button { color: inherit; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); }
input, button { font: inherit; padding: 6px 12px; min-height: 38px; }
input[type="checkbox"] { width: 18px; height: 18px; min-height: 0; accent-color: var(--accent); }
input:not([type="checkbox"]), textarea { width: 100%; padding: 8px 12px; }
.bar input[type="search"] { flex: 1; min-width: 160px; width: auto; }
form > input, form > textarea { margin: 4px 0 14px; }
textarea { display: block; resize: vertical; tab-size: 2; }
button { cursor: pointer; }
button:hover { background: var(--wash); }
button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
a.button { display: inline-block; padding: 6px 14px; border-radius: 8px; background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none; }
.jumps { gap: 4px 18px; margin: 20px 0 -4px; }
button.plain { min-height: 32px; padding: 2px 0; border: 0; background: none; color: var(--accent); text-decoration: underline; }
button.first { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.choices { margin: -6px 0 14px; padding: 4px; list-style: none; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); }
.choices li { display: grid; grid-template-columns: 12rem 1fr; gap: 2px 14px; padding: 5px 10px; border-radius: 6px; cursor: pointer; overflow-wrap: anywhere; }
.choices span { color: var(--soft); font-size: 13px; }
.choices [aria-selected="true"] { background: var(--wash); box-shadow: inset 3px 0 var(--accent); }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption:empty { display: none; }
caption { padding: 0 0 4px; text-align: left; color: var(--soft); font-size: 13px; }
th, td { padding: 7px 14px 7px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tr > :last-child { padding-right: 0; }
th { color: var(--soft); font-weight: 500; font-size: 13px; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.n { width: 1%; text-align: right; white-space: nowrap; overflow-wrap: normal; }
.n + :not(.n) { padding-left: 14px; }
td.answer { white-space: pre-wrap; }
.failed td.answer { color: var(--bad); }
.line { max-width: 26ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
td.code { font: 12.5px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
ul.plain { margin: 0; padding-left: 20px; overflow-wrap: anywhere; }
dialog h2 { margin-bottom: 10px; }
dialog .bar { margin-bottom: 0; }
dialog { max-width: min(460px, calc(100vw - 24px)); padding: 22px 24px; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
.whole, .whole main { max-width: none; height: 100vh; margin: 0; padding: 0; }
iframe { display: block; width: 100%; height: 100%; border: 0; }
@media (max-width: 640px) {
  header, main { padding-left: 12px; padding-right: 12px; }
  nav { flex-basis: 100%; gap: 8px 16px; }
  #sign-out { min-height: 32px; padding: 3px 10px; }
  h1 { font-size: 23px; }
  section, .card { padding: 16px 14px; }
  .wide { display: none; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 8px; }
  .tiles > div { padding: 8px 12px; }
  .tiles .figure { font-size: 18px; }
  .choices li { grid-template-columns: 1fr; }
  table { font-size: 13px; }
  th, td { padding-right: 8px; }
}
`;
