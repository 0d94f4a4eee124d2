// From a batch's raw output to one judged line for each item, in row order. Missing lines are computed, never assumed.

import type { JobFile } from '../../domain/job.ts';
import { noAnomalies, type Tally } from '../../domain/outcome/outcome.ts';
import { readDetails } from '../../job-folder/evidence.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { tallyFile } from '../../job-folder/paths.ts';
import { readTally } from '../../job-folder/tallies.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { countTally } from '../metrics.ts';
import { ScratchFile } from '../scratch-file.ts';
import { BatchCounts } from './batch-counts.ts';
import type { ClassifyInput } from './classify-input.ts';
import { FirstAnswers } from './first-answers.ts';
import { readItemIndex } from './item-index.ts';
import { createJudge } from './judge.ts';
import { proveItems, type Unproven } from './proofs.ts';
import { RawLines } from './raw-lines.ts';
import { UnreadItems } from './unread-items.ts';
import { writeAnswers } from './write-answers.ts';

type ClassifyDeps = Pick<ActivityDeps, 'store' | 'provider' | 'heavy' | 'scratch' | 'randomHex'>;

export type ClassifyResult =
  | { readonly kind: 'tally'; readonly tally: Tally }
  /** The output does not prove what became of some items: nothing is written, and it is to be read again. */
  | { readonly kind: 'unproven'; readonly unproven: readonly Unproven[] };

/** A tally that is there already was counted in the metrics by the attempt that wrote it. */
export async function classify(deps: ClassifyDeps, input: ClassifyInput): Promise<ClassifyResult> {
  const job = await readJobFile(deps.store, input);
  const there = await readTally(deps.store, input);
  if (there !== null) return { kind: 'tally', tally: there };
  const result = await heartbeating(job.timing, () => deps.heavy(() => classifyBatch(deps, job, input)));
  if (result.kind === 'tally') countTally(job.spec.provider, result.tally);
  return result;
}

async function classifyBatch(deps: ClassifyDeps, job: JobFile, input: ClassifyInput): Promise<ClassifyResult> {
  const texts = new ScratchFile(deps, 'answers');
  try {
    const result = await judgeBatch(deps, job, input, texts);
    if (result.kind === 'tally') await writeJson(deps.store, tallyFile(input), result.tally);
    return result;
  } finally {
    texts.close();
  }
}

async function judgeBatch(
  deps: ClassifyDeps,
  job: JobFile,
  input: ClassifyInput,
  texts: ScratchFile,
): Promise<ClassifyResult> {
  const { store } = deps;
  const { planned } = input;
  const items = await readItemIndex(store, input, planned.items);
  const counts = new BatchCounts(planned.items);
  const answers = new FirstAnswers(texts, planned.items, counts);
  const judge = createJudge(job, planned, input);
  const raw = new RawLines({ planned, provider: requireProvider(deps, job), items, judge, answers });
  const proofs = await proveItems(store, input, planned, { rules: job.proofs, raw, answers });
  if (proofs.unproven.length > 0) return { kind: 'unproven', unproven: proofs.unproven };
  raw.keepUnknown(input.notRunReason);
  const unread = new UnreadItems(items, judge, input, proofs, await readDetails(store, input));
  await writeAnswers(store, input, planned.items, (place) => {
    const kept = answers.read(place);
    if (kept !== null) return kept;
    const outcome = unread.judge(place);
    counts.add(outcome);
    return JSON.stringify(outcome);
  });
  const twinBatches = Math.max(0, input.batches.length - 1);
  const { missing, paidWithoutAnswer } = unread;
  const anomalies = { ...noAnomalies, ...raw.anomalies, missing, paidWithoutAnswer, twinBatches };
  return { kind: 'tally', tally: counts.tally(planned, input, anomalies) };
}
