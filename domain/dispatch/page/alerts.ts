// When the dispatcher raises an alert, and its text. Pure.

import type { Alert } from '../../progress/alerts.ts';
import { type DispatchPage, describeMixed } from './page.ts';

/** A queue of this length is not worked off in a day by most accounts. */
const waitingMax = 5_000;
const capShareMax = 0.8;

export function findDispatchAlerts({
  waiting,
  owners,
  mixedSince,
}: Pick<DispatchPage, 'waiting' | 'owners' | 'mixedSince'>): readonly Alert[] {
  const near = owners.filter(({ capShare }) => capShare !== null && capShare >= capShareMax);
  return [
    ...(waiting > waitingMax
      ? [{ name: 'many_waiting', text: `${waiting} batches wait for the dispatcher` } as const]
      : []),
    ...(mixedSince === null ? [] : [{ name: 'limits_differ', text: describeMixed(mixedSince) } as const]),
    ...near.map(
      ({ owner }) => ({ name: 'cap', of: owner, text: `80 % of a cap is spent or reserved: ${owner}` }) as const,
    ),
  ];
}
