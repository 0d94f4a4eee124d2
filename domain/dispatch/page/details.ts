// The dispatcher's page in the Web UI.

import { formatCount, joinDetails, type Row, renderTable } from '../../progress/markdown.ts';
import { type DispatchPage, describeProblems, describeReserved } from './page.ts';

const rowsMax = 20;

export function renderDetails(page: DispatchPage, now: number): string {
  const pools = page.pools.map(
    ({ account, model, used, waiting }): Row => [
      `${account} ${model}`,
      `${used.batches} open (${formatCount(used.tokens)} tokens), ${waiting} waiting`,
    ],
  );
  const owners = page.owners.map(
    (page): Row => [
      page.owner,
      `$${page.dayUsd.toFixed(2)} today, $${page.monthUsd.toFixed(2)} this month, ${describeReserved(page)} reserved`,
    ],
  );
  const waits = page.waits.map(
    ({ holder, model, batches, reason }): Row => [`${holder} (${batches} × ${model})`, reason],
  );
  return joinDetails(
    [
      `${page.open} batches open, ${page.waiting} waiting, ${page.holders} jobs and segments.`,
      describeProblems(page)
        .map((sentence) => `- ${sentence}`)
        .join('\n'),
      renderTable([
        ['models', pools.slice(0, rowsMax)],
        ['money', owners.slice(0, rowsMax)],
        ['waiting', waits.slice(0, rowsMax)],
      ]),
    ],
    now,
  );
}
