// The smallest workflows that show what the two test servers are for; only test/support/temporal.test.ts runs them.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { sleep, upsertSearchAttributes } from '@temporalio/workflow';

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
