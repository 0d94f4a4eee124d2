// `report.html`: the whole page in one file. It loads nothing, runs no script, and holds no row, prompt or answer.

import { buildAdvice } from '../domain/report/advice.ts';
import type { Drawn } from './chart.ts';
import { count, counted, duration, instant, share, usd } from './figures.ts';
import { type Content, Html, html } from './html.ts';
import type { PageFacts } from './page-facts.ts';
import { cost, mostExpensiveRows, tokenTable } from './section-money.ts';
import { anomalies, attemptCounts, errors, outcomes, quality } from './section-outcomes.ts';
import { batches } from './section-time.ts';
import { style } from './style.ts';

/** Without `plots` (if none could be drawn) the tables say the same. */
export function renderPage(facts: PageFacts, plots: Drawn): string {
  const { job, report } = facts;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="robots" content="noindex">
<title>${job.name}: ${report.verdict}, ${share(report.rows.answered, report.rows.answered + report.rows.failed)} answered</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
${head(facts)}
<main>
${tiles(facts)}
${next(facts)}
${warnings(facts)}
${pair(outcomes(facts, plots), attemptCounts(facts, plots))}
${errors(facts, plots)}
${batches(facts, plots)}
${cost(facts, plots)}
${mostExpensiveRows(facts)}
${pair(quality(facts), tokenTable(facts))}
${anomalies(facts)}
${files(facts)}
</main>
<footer>Written by Nightshift when the job ended. Rows are named by their number in the dataset; nothing of a row, a prompt or an answer is on this page. Times are UTC. Costs are by list prices of ${report.cost.pricesDated}, not by the provider’s bill.</footer>
</body>
</html>
`.toString();
}

/** Side by side if there is room. */
const pair = (...sections: readonly Content[]): Html => html`<div class="pair">${sections}</div>`;

function head({ job, report }: PageFacts): Html {
  const { verdict, cancelled, startedAt, endedAt } = report;
  return html`<header>
<div class="over">Nightshift job report</div>
<h1>${job.name} <span class="verdict ${verdict}">${verdict}${cancelled && ', cancelled'}</span></h1>
<ul class="facts">
<li>${job.dataset}</li>
<li>${job.provider}${job.model !== null && html`, ${job.model}`}</li>
<li><time datetime="${startedAt}">${instant(startedAt)}</time> to <time datetime="${endedAt}">${instant(endedAt)}</time></li>
</ul>
</header>`;
}

function tile(name: string, figure: Content, about: Content): Html {
  return html`<div><dt>${name}</dt><dd class="figure">${figure}</dd><dd class="soft">${about}</dd></div>\n`;
}

function tiles({ report }: PageFacts): Html {
  const { rows, cost, batches, startedAt, endedAt, waves } = report;
  const wanted = rows.answered + rows.failed;
  const { usd: paid, unpricedRows = 0, realtimeUsd, savedUsd } = cost;
  const saved =
    savedUsd === null || realtimeUsd === null || realtimeUsd === 0
      ? 'against realtime: unknown'
      : `${share(Math.max(0, savedUsd), realtimeUsd)} less than realtime`;
  const refused = rows.refused > 0 ? `, ${count(rows.refused)} refused before` : '';
  return html`<dl class="tiles">
${tile('Answered', count(rows.answered), `${share(rows.answered, wanted)} of ${counted(wanted, 'row', 'rows')}`)}
${tile('Failed', count(rows.failed), `${share(rows.failed, wanted)}${refused}`)}
${tile('Cost', usd(paid), unpricedRows > 0 ? `and ${counted(unpricedRows, 'row', 'rows')} of unknown cost` : saved)}
${tile('Time', duration(Date.parse(endedAt) - Date.parse(startedAt)), `in ${counted(waves, 'wave', 'waves')}`)}
${tile('Batches', count(batches.count), batches.completionMs === null ? counted(batches.polls, 'poll', 'polls') : `half done within ${duration(batches.completionMs.p50)}`)}
</dl>`;
}

function next({ report }: PageFacts): Html {
  const advice = buildAdvice(report).map(
    ({ kind, title, text, job }) =>
      html`<li class="${kind}"><h3>${title}</h3><p>${text}</p>${
        job !== undefined && html`<pre>${JSON.stringify(job, null, 2)}</pre>`
      }</li>\n`,
  );
  return html`<section class="long" aria-labelledby="next"><h2 id="next">What to do next</h2><ul class="advice">${advice}</ul></section>`;
}

function warnings({ report }: PageFacts): Content {
  if (report.warnings.length === 0) return null;
  return html`<section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2>
<ul class="plain">${report.warnings.map((warning) => html`<li>${warning}</li>`)}</ul></section>`;
}

function files({ report }: PageFacts): Html {
  const about = {
    results: 'one line per accepted row, in the dataset’s order',
    table: 'the same as a table',
    failures: 'the failed rows with their record and reason',
    inDoubt: 'the rows of which it is not known whether they ran, with their record, batch and request',
    rejects: 'the rows that were refused before anything was sent',
    report: 'these figures, for programs',
  };
  const readFileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const lines = Object.entries(about).map(([name, text]) => {
    const path = report.files[name as keyof typeof about];
    if (path === undefined) return null;
    return html`<li><a href="${encodeURIComponent(readFileName(path))}">${readFileName(path)}</a>: ${text} <span class="soft">(<code>${path}</code>)</span></li>\n`;
  });
  return html`<section aria-labelledby="files"><h2 id="files">Files</h2><ul class="plain">${lines}</ul></section>`;
}
