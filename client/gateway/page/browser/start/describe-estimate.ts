// What a job would take: rows, batches, tokens and cost.

import type { JobEstimate } from '../../../../../domain/plan/estimate.ts';
import { make } from '../dom.ts';
import { Tiles } from '../tiles.ts';
import { count, usd } from '../words.ts';

export function describeEstimate(estimate: JobEstimate): readonly HTMLElement[] {
  const { rows, batches, inputTokens, usd: likely, mostUsd = null, realtimeUsd, budgetUsd, caveats } = estimate;
  const tiles = new Tiles();
  tiles.show([
    { name: 'rows', figure: `${count(rows.accepted)}${rows.refused === 0 ? '' : `, ${count(rows.refused)} refused`}` },
    { name: 'batches', figure: count(batches) },
    { name: 'input tokens, at most', figure: count(inputTokens) },
    { name: 'cost', figure: usd(likely) },
    { name: 'at most', figure: usd(mostUsd) },
    { name: 'all in realtime', figure: usd(realtimeUsd) },
    { name: 'budget', figure: usd(budgetUsd) },
  ]);
  const list = make('ul', { class: 'plain soft' }, ...caveats.map((caveat) => make('li', {}, caveat)));
  return caveats.length === 0 ? [tiles.element] : [tiles.element, list];
}
