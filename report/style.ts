// The look of the page: on a screen in light and dark, on a telephone, and on paper.

export const style = `
:root {
  color-scheme: light dark;
  --bg: #f5f6f8; --card: #ffffff; --ink: #1a2330; --soft: #586474; --line: #dde2e9; --wash: #f0f3f7;
  --accent: #2c66d3; --accent-soft: #9fbdf0;
  --good: #187a4e; --bad: #c0362f; --warn: #96600a;
  --wave1: #2c66d3; --wave2: #7c4fd0; --wave3: #0c8f83; --later: #5d6b7e; --realtime: #d9651f; --wait: #c6ced9;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --bg: #0f1318; --card: #171c23; --ink: #e4e9f0; --soft: #9ba8b8; --line: #2a333f; --wash: #1e252e;
    --accent: #6fa1ff; --accent-soft: #34517f;
    --good: #45bd86; --bad: #f0736a; --warn: #dfa847;
    --wave1: #6fa1ff; --wave2: #ab8af2; --wave3: #38c2b3; --later: #93a1b3; --realtime: #f2975a; --wait: #414e5e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 976px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; padding-bottom: 8px; }
h1 { margin: 2px 0 8px; font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0 0 4px; font-size: 19px; letter-spacing: -0.01em; }
h3 { margin: 24px 0 8px; font-size: 15px; }
p { margin: 0 0 12px; max-width: 84ch; }
section > p:last-child { margin: 0; }
a { color: var(--accent); }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 8px 0 0; padding: 10px 14px; background: var(--wash); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.over { color: var(--soft); font-size: 13px; letter-spacing: 0.02em; }
.soft { color: var(--soft); }
.facts { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0; padding: 0; color: var(--soft); font-size: 14px; list-style: none; }
.facts li { overflow-wrap: anywhere; }
.verdict { display: inline-block; padding: 3px 12px; border-radius: 99px; color: var(--card); font-weight: 600; font-size: 14px; vertical-align: 5px; }
.complete { background: var(--good); } .partial { background: var(--warn); } .none { background: var(--bad); }
section, .tiles, .pair { margin: 16px 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px; }
.pair section { margin: 0; }
section { padding: 22px 24px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; padding: 0; }
.tiles div { padding: 14px 18px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; }
.tiles .figure { font-size: 25px; line-height: 1.3; font-weight: 600; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.advice { margin: 12px 0 0; padding: 0; list-style: none; }
.advice li { display: grid; grid-template-columns: 15rem 1fr; gap: 2px 28px; padding: 2px 0 2px 16px; border-left: 3px solid var(--line); }
.advice li + li { margin-top: 18px; }
.advice .look { border-color: var(--bad); } .advice .change { border-color: var(--warn); }
.advice .rerun { border-color: var(--accent); } .advice .done { border-color: var(--good); }
.advice h3 { margin: 0; }
.advice p { margin: 0; }
.advice pre { grid-column: 2; }
figure { margin: 16px 0; }
figcaption { color: var(--soft); font-size: 13px; }
.short { max-width: 360px; }
th code { white-space: nowrap; }
.plot svg { display: block; overflow: visible; max-width: 100%; height: auto; }
.plot.half svg { width: 100%; }
.plot .narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 8px; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 3px; vertical-align: -1px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 4px; text-align: left; color: var(--soft); font-size: 13px; }
th, td { padding: 6px 12px 6px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tr > :last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: 13px; vertical-align: bottom; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
.named, .whole { white-space: nowrap; }
.named code { font-size: 12px; overflow-wrap: normal; }
.n { text-align: right; white-space: nowrap; }
.dear { margin: 0; padding: 0; columns: 4 170px; column-gap: 40px; list-style: none; font-size: 14px; font-variant-numeric: tabular-nums; }
.dear li { display: flex; justify-content: space-between; padding: 4px 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
ul.plain { margin: 0; padding-left: 20px; overflow-wrap: anywhere; }
footer { padding-top: 8px; padding-bottom: 48px; color: var(--soft); font-size: 13px; }
@media screen and (max-width: 640px) {
  main, header, footer { padding-left: 12px; padding-right: 12px; }
  header { padding-top: 24px; }
  h1 { font-size: 24px; }
  section { padding: 18px 14px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 8px; }
  .tiles div { padding: 10px 12px; }
  .tiles .figure { font-size: 20px; }
  .advice li { display: block; }
  .plot .narrow { display: block; } .plot .wide { display: none; }
  table { font-size: 12.5px; }
  .named { white-space: normal; }
  .named code { overflow-wrap: anywhere; }
  th, td { padding-right: 6px; }
}
@page { margin: 14mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { background: none; font-size: 10.5pt; }
  main, header, footer { max-width: none; padding: 0; }
  section, .tiles div { border-radius: 0; border-color: #c9d0d9; }
  .tiles { grid-template-columns: repeat(5, 1fr); gap: 8px; }
  .tiles div { padding: 8px 10px; }
  .tiles .figure { font-size: 16pt; }
  .pair { grid-template-columns: 1fr 1fr; gap: 8px; }
  section { padding: 14px 16px; }
  section:not(.long), .tiles div, tr, figure:not(.tall), .advice li { break-inside: avoid; }
  h2, h3, h2 + p, caption, .legend { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .scroll { overflow: visible; }
}
`;
