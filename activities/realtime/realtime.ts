// The realtime lane's activity: asks for some items of a batch one by one, except those that an earlier attempt has settled.

import { heartbeat } from '@temporalio/activity';
import { readJobFile } from '../../job-folder/job-file.ts';
import { beginJournal } from '../../job-folder/journals.ts';
import { tallyFile } from '../../job-folder/paths.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { CallPace } from './call-pace.ts';
import { type CallRange, listCalls, readSettled } from './calls.ts';
import { RealtimeLane } from './lane.ts';

export interface RealtimeResult {
  readonly asked: number;
  /** Settled by an earlier attempt of this activity. */
  readonly kept: number;
}

export async function realtime(deps: ActivityDeps, input: CallRange): Promise<RealtimeResult> {
  const { store, elapsed } = deps;
  const job = await readJobFile(deps.store, input);
  await awaitEarlierOwners(deps, job, input);
  // The batch was started again after its answers had been counted.
  if ((await store.head(tallyFile(input))) !== null) return { asked: 0, kept: input.count };
  const provider = requireProvider(deps, job);
  const { journal, earlier } = await beginJournal(store, input);
  const beat = setInterval(() => heartbeat(), job.timing.heartbeatMs / 3);
  try {
    const settled = await readSettled(store, earlier, provider);
    const lane = new RealtimeLane(provider, journal, new CallPace(job.spec.realtime, elapsed));
    let kept = 0;
    let asked = 0;
    for await (const call of listCalls(store, input)) {
      if (settled.has(call.customId)) {
        kept += 1;
        continue;
      }
      asked += 1;
      await lane.start(call);
    }
    await lane.finish();
    return { asked, kept };
  } finally {
    clearInterval(beat);
    await journal.close();
  }
}
