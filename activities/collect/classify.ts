// From a batch's raw output to one judged line for each item, in row order. Missing lines are computed, never assumed.

import type { JobFile, PlannedBatch } from '../../domain/job.ts';
import { noAnomalies, type Tally } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile, readOwnIfThere } from '../../job-folder/job-file.ts';
import { readEntries } from '../../job-folder/manifest.ts';
import { rawFile, tallyFile } from '../../job-folder/paths.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { countTally } from '../metrics.ts';
import { ScratchFile } from '../scratch-file.ts';
import { BatchCounts } from './batch-counts.ts';
import type { ClassifyInput } from './classify-input.ts';
import { FirstAnswers } from './first-answers.ts';
import { readItemIndex } from './item-index.ts';
import { createJudge } from './judge.ts';
import { RawLines } from './raw-lines.ts';
import { UnreadItems } from './unread-items.ts';
import { writeAnswers } from './write-answers.ts';

type ClassifyDeps = Pick<ActivityDeps, 'store' | 'provider' | 'heavy' | 'scratch' | 'randomHex'>;

/** A tally that is there already was counted in the metrics by the attempt that wrote it. */
export async function classify(deps: ClassifyDeps, input: ClassifyInput): Promise<Tally> {
  const there = await readOwnIfThere<Tally>(deps.store, tallyFile(input));
  if (there !== null) return there;
  const job = await readJobFile(deps.store, input.output);
  const tally = await heartbeating(job.timing, () => deps.heavy(() => classifyBatch(deps, job, input)));
  countTally(job.spec.provider, tally);
  return tally;
}

async function classifyBatch(deps: ClassifyDeps, job: JobFile, input: ClassifyInput): Promise<Tally> {
  const [planned] = await readEntries(deps.store, input.output, input.wave, input.batch, 1);
  if (planned === undefined) throw new InvariantBroken(`wave ${input.wave} has no batch ${input.batch}`);
  const texts = new ScratchFile(deps, 'answers');
  try {
    const tally = await writeJudged(deps, job, planned, input, texts);
    await writeJson(deps.store, tallyFile(input), tally);
    return tally;
  } finally {
    texts.close();
  }
}

async function writeJudged(
  deps: ClassifyDeps,
  job: JobFile,
  planned: PlannedBatch,
  input: ClassifyInput,
  texts: ScratchFile,
): Promise<Tally> {
  const { store } = deps;
  const items = await readItemIndex(store, input, planned.items);
  const counts = new BatchCounts(planned.items);
  const answers = new FirstAnswers(texts, planned.items, counts);
  const judge = createJudge(job, planned, input);
  const raw = new RawLines({ planned, provider: requireProvider(deps, job), items, judge, answers });
  await readRaw(store, input, raw);
  const unread = new UnreadItems(items, judge, input);
  await writeAnswers(store, input, planned.items, (place) => {
    const kept = answers.read(place);
    if (kept !== null) return kept;
    const outcome = unread.judge(place);
    counts.add(outcome);
    return JSON.stringify(outcome);
  });
  const { twinBatches } = input;
  return counts.tally(planned, input, { ...noAnomalies, ...raw.anomalies, missing: unread.missing, twinBatches });
}

/** A batch that was never sent, or that was refused as a whole, has no output. */
async function readRaw(store: Store, input: ClassifyInput, raw: RawLines): Promise<void> {
  const uri = rawFile(input);
  if ((await store.head(uri)) !== null) await raw.read(store, uri);
}
