// Stores what the provider sent, as it sent it, before anyone interprets a byte of it.

import { activityInfo, heartbeat } from '@temporalio/activity';
import { notReadyAttemptsMax } from '../../domain/batch/backoff.ts';
import type { BatchHandle } from '../../domain/batch/state.ts';
import type { BatchRef } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { rawFile } from '../../job-folder/paths.ts';
import { ProviderError } from '../../providers/error.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { heartbeating, transfer } from '../heartbeat.ts';

export interface DownloadInput extends BatchRef {
  readonly handle: BatchHandle;
}

export interface DownloadResult {
  readonly bytes: number;
  /** The provider kept sending less than it says it has: what is missing is computed, and asked for again. */
  readonly short: boolean;
}

/** After this many downloads that broke, what came is taken: the missing set is computed from it like from any other. */
const breaksMax = 6;
const newline = 0x0a;

/** What attempts tell those after them, in every heartbeat: a later one without details would wipe them out. */
interface Breaks {
  count: number;
  /** The bytes that the last one received, where these were whole lines. */
  whole: number | null;
}

export async function download(deps: ActivityDeps, input: DownloadInput): Promise<DownloadResult> {
  const uri = rawFile(input);
  const there = await deps.store.head(uri);
  if (there !== null) return { bytes: there.bytes, short: false };
  const job = await readJobFile(deps.store, input.output);
  const breaks = breaksBefore();
  return heartbeating(
    job.timing,
    () => deps.transfers(() => downloadTo(deps, job, input, uri, breaks)),
    () => breaks,
  );
}

async function downloadTo(
  deps: ActivityDeps,
  job: JobFile,
  input: DownloadInput,
  uri: string,
  breaks: Breaks,
): Promise<DownloadResult> {
  const provider = requireProvider(deps, job);
  const sink = await deps.store.create(uri);
  let short = false;
  try {
    await transfer(job.timing, async (ctx) => {
      const received = { bytes: 0, last: newline };
      try {
        for await (const chunk of provider.download(input.handle, ctx)) {
          await sink.write(chunk);
          received.bytes += chunk.byteLength;
          received.last = chunk.at(-1) ?? received.last;
        }
      } catch (error) {
        if (!isBelieved(error, received, breaks)) throw error;
        short = true;
      }
    });
    const { bytes } = await sink.close();
    return { bytes, short };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function isBelieved(
  error: unknown,
  received: { readonly bytes: number; readonly last: number },
  breaks: Breaks,
): boolean {
  if (!(error instanceof ProviderError)) return false;
  switch (error.facts.fault) {
    case 'broken_stream': {
      // A provider that twice sends the same whole lines has no more of them; a transfer that breaks does so elsewhere each time.
      const whole = received.last === newline ? received.bytes : null;
      const again = whole !== null && whole === breaks.whole;
      Object.assign(breaks, { count: breaks.count + 1, whole } satisfies Breaks);
      heartbeat(breaks);
      return again || breaks.count >= breaksMax;
    }
    case 'not_ready':
      // The second of two files never came: that is no reason to do without the first.
      return received.bytes > 0 && activityInfo().attempt >= notReadyAttemptsMax;
    default:
      return false;
  }
}

function breaksBefore(): Breaks {
  const { heartbeatDetails: details } = activityInfo();
  const { count, whole }: Partial<Record<keyof Breaks, unknown>> =
    typeof details === 'object' && details !== null ? details : {};
  return { count: typeof count === 'number' ? count : 0, whole: typeof whole === 'number' ? whole : null };
}
