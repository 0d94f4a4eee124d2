// Stores a batch's output byte by byte as the provider sends it. Nothing is interpreted here.

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
  /** The provider kept sending less than it says it has. The missing items are computed from what came, and sent again. */
  readonly short: boolean;
}

/** After this many broken downloads the output is taken as it came: the missing items are computed as for any other output. */
const breaksMax = 6;
const newline = 0x0a;

/** Passed from attempt to attempt by heartbeats. Every heartbeat carries it, since one without details would delete it. */
interface Breaks {
  count: number;
  /** The bytes that the last broken download received, if they were whole lines. */
  whole: number | null;
}

type DownloadDeps = Pick<ActivityDeps, 'store' | 'provider' | 'transfers'>;

export async function download(deps: DownloadDeps, input: DownloadInput): Promise<DownloadResult> {
  const uri = rawFile(input);
  const there = await deps.store.head(uri);
  if (there !== null) return { bytes: there.bytes, short: false };
  const job = await readJobFile(deps.store, input.output);
  const breaks = readBreaks();
  return heartbeating(
    job.timing,
    () => deps.transfers(() => downloadTo(deps, job, input, uri, breaks)),
    () => breaks,
  );
}

async function downloadTo(
  deps: DownloadDeps,
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
        if (!isTakenAsWhole(error, received, breaks)) throw error;
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

/** Whether the output is taken as it came, though the download failed. */
function isTakenAsWhole(
  error: unknown,
  received: { readonly bytes: number; readonly last: number },
  breaks: Breaks,
): boolean {
  if (!(error instanceof ProviderError)) return false;
  switch (error.facts.fault) {
    case 'broken_stream': {
      // A transfer that breaks does so at another byte each time. If the same whole lines come twice, the provider has no more.
      const whole = received.last === newline ? received.bytes : null;
      const again = whole !== null && whole === breaks.whole;
      Object.assign(breaks, { count: breaks.count + 1, whole } satisfies Breaks);
      heartbeat(breaks);
      return again || breaks.count >= breaksMax;
    }
    case 'not_ready':
      // Only the second of two files is missing after all attempts: the first is better than nothing.
      return received.bytes > 0 && activityInfo().attempt >= notReadyAttemptsMax;
    default:
      return false;
  }
}

function readBreaks(): Breaks {
  const { heartbeatDetails: details } = activityInfo();
  const { count, whole }: Partial<Record<keyof Breaks, unknown>> =
    typeof details === 'object' && details !== null ? details : {};
  return { count: typeof count === 'number' ? count : 0, whole: typeof whole === 'number' ? whole : null };
}
