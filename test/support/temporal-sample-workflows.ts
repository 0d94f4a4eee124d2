// The smallest workflows that show what the two test servers are for; only test/support/temporal.test.ts runs them.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { CancellationScope, proxyActivities, sleep, upsertSearchAttributes } from '@temporalio/workflow';

const phase = defineSearchAttributeKey('NightshiftPhase', SearchAttributeType.KEYWORD);

export async function waitADay(): Promise<number> {
  const started = Date.now();
  await sleep('1 day');
  return Date.now() - started;
}

export async function tellPhase(): Promise<string> {
  upsertSearchAttributes([{ key: phase, value: 'merging' }]);
  return 'told';
}

const { end } = proxyActivities<{ end(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** Cancels an activity that ends while the cancelling task is running, and continues. */
export async function cancelTooLate(): Promise<void> {
  const scope = new CancellationScope();
  const ending = scope.run(end).catch(() => undefined);
  await sleep(1);
  count(2e9);
  scope.cancel();
  await ending;
  await sleep('1 day');
}

/** Takes from half a second to two, by the machine: longer than the activity, and shorter than a task may. */
function count(to: number): void {
  for (let at = 0; at < to; at += 1);
}
