// Stores a batch's output byte by byte as the provider sends it, and says how much came. Its lines are classified as they come: if that proves
// what became of every item, the answers are written too, and nobody reads the stored output again.

import { crc32 } from 'node:zlib';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { notReadyAttemptsMax, reactionTo } from '../../domain/batch/backoff.ts';
import { isConfirmedBy, type Reading } from '../../domain/batch/evidence.ts';
import type { BatchHandle } from '../../domain/batch/state.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import type { DownloadProgress } from '../../domain/progress/download.ts';
import { readEvidence, recordEvidence } from '../../job-folder/evidence.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { rawFile } from '../../job-folder/paths.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Sink } from '../../storage/store.ts';
import { type Clock, startClock } from '../clock.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { heartbeating, transfer } from '../heartbeat.ts';
import { type AccountBlame, isNotFound, requireOwnAccount } from '../other-account.ts';
import type { ClassifyInput } from './classify-input.ts';
import { type EarlyClassify, openEarly } from './early-classify.ts';
import type { JudgeDeps } from './judgement.ts';

export interface DownloadInput extends BatchRef, JobRef, AccountBlame {
  readonly handle: BatchHandle;
  /** 0 for the batch itself, from 1 for a further batch of the same submission. */
  readonly twin: number;
  /** What `classify` will be asked if this output is all there is. Absent if there are others, or if the workflow is of an earlier version. */
  readonly end?: ClassifyInput;
}

/**
 * From this attempt on, the bytes of a download that breaks off are kept and marked as incomplete: lines in them are still answers. Each attempt
 * begins at the first byte.
 */
const brokenAttemptsMax = 6;

type DownloadDeps = JudgeDeps & Pick<ActivityDeps, 'heavy' | 'transfers' | 'now' | 'elapsed'>;

/** An output may be read again: a second reading with the same bytes confirms the first. A shorter one never replaces a longer one. */
export async function download(deps: DownloadDeps, input: DownloadInput): Promise<Reading> {
  const clock = startClock(deps);
  const job = await readJobFile(deps.store, input);
  const { attempt } = activityInfo();
  const progress = { bytes: 0 };
  // It moves bytes, and what it classifies fills memory: both limits hold.
  const work = () => deps.transfers(() => deps.heavy(() => collect(deps, job, input, { clock, progress })));
  return heartbeating(job.timing, work, (): DownloadProgress => ({ ...progress, attempt }));
}

interface Watch {
  readonly clock: Clock;
  /** Shown while the download runs. */
  readonly progress: { bytes: number };
}

async function collect(deps: DownloadDeps, job: JobFile, input: DownloadInput, watch: Watch): Promise<Reading> {
  const before = (await readEvidence(deps.store, input))[input.handle.id]?.reading ?? null;
  const early = await openEarly(deps, job, input.end);
  try {
    const received = await receive(deps, job, input, { ...watch, before, early });
    const reading: Reading = { ...received, confirmed: isConfirmedBy(before, received, job.timing.readAgainMs) };
    await recordEvidence(deps.store, input, input.handle.id, { reading });
    await early?.settle(reading);
    return reading;
  } finally {
    early?.close();
  }
}

type Received = Omit<Reading, 'confirmed'>;

interface Receiving extends Watch {
  readonly before: Reading | null;
  readonly early: EarlyClassify | null;
}

async function receive(
  deps: DownloadDeps,
  job: JobFile,
  input: DownloadInput,
  { before, early, ...watch }: Receiving,
): Promise<Received> {
  const provider = requireProvider(deps, job);
  const sink = await deps.store.create(rawFile(input, input.twin));
  try {
    const received = await transfer(job.timing, (ctx) =>
      copy(provider.download(input.handle, ctx), { sink, early }, watch),
    );
    if (before !== null && received.bytes < before.bytes) {
      await sink.abort();
      early?.giveUp();
      return { ...received, bytes: before.bytes, crc32: before.crc32, whole: false };
    }
    await sink.close();
    return received;
  } catch (error) {
    await sink.abort();
    if (isMissing(error) && input.mayBlameAccount) await blameAccount(deps, provider, input);
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof ProviderError && (error.facts.fault === 'not_found' || error.facts.fault === 'not_ready');

/** The output may not be there yet; then the batch still is. */
async function blameAccount(
  { store }: DownloadDeps,
  provider: Provider,
  { output, handle }: DownloadInput,
): Promise<void> {
  if (!(await isNotFound(provider, handle, cancellationSignal()))) return;
  await requireOwnAccount(store, provider, { output, id: handle.id, fileId: handle.fileId });
}

async function copy(
  chunks: AsyncGenerator<Uint8Array, true | null>,
  { sink, early }: { readonly sink: Sink; readonly early: EarlyClassify | null },
  { clock, progress }: Watch,
): Promise<Received> {
  let bytes = 0;
  let check = 0;
  const received = (whole: boolean | null): Received => ({
    bytes,
    crc32: check.toString(16).padStart(8, '0'),
    whole,
    at: clock.now(),
  });
  try {
    for (let next = await chunks.next(); ; next = await chunks.next()) {
      if (next.done === true) return received(next.value);
      const written = sink.write(next.value);
      written.catch(() => undefined); // It fails where it is awaited.
      await early?.push(next.value);
      await written;
      bytes += next.value.byteLength;
      progress.bytes = bytes;
      check = crc32(next.value, check);
    }
  } catch (error) {
    if (!isKept(error, bytes)) throw error;
    return received(false);
  } finally {
    // If the bytes cannot be stored, the provider's answer must not stay open.
    await chunks.return(null).catch(() => undefined);
  }
}

/** If the second file does not come, the first is kept. */
function isKept(error: unknown, bytes: number): boolean {
  if (!(error instanceof ProviderError)) return false;
  const { attempt } = activityInfo();
  const { fault } = error.facts;
  if (fault === 'broken_stream') return attempt >= brokenAttemptsMax;
  if (fault === 'not_ready') return bytes > 0 && attempt >= notReadyAttemptsMax;
  return reactionTo[fault].kind === 'again' && bytes > 0 && attempt >= brokenAttemptsMax;
}
