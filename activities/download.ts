// Stores what the provider sent, as it sent it, before anyone interprets a byte of it.

import { activityInfo, heartbeat } from '@temporalio/activity';
import type { BatchHandle } from '../domain/batch-state.ts';
import type { BatchRef } from '../domain/ids.ts';
import type { JobFile } from '../domain/job.ts';
import { ProviderError } from '../providers/error.ts';
import { rawFile } from '../storage/keys.ts';
import type { ActivityDeps } from './deps.ts';
import { providerOf, readJobFile } from './job-file.ts';
import { heartbeating, transfer } from './transfer.ts';

export interface DownloadInput extends BatchRef {
  readonly handle: BatchHandle;
}

export interface DownloadResult {
  readonly bytes: number;
  /** The provider kept sending less than it says it has: what is missing is computed, and asked for again. */
  readonly short: boolean;
}

/** After this many broken downloads what came is taken: the missing set is computed from it like from any other. */
const brokenAttemptsMax = 6;
const newline = 0x0a;

export async function download(deps: ActivityDeps, input: DownloadInput): Promise<DownloadResult> {
  const uri = rawFile(input);
  const there = await deps.store.head(uri);
  if (there !== null) return { bytes: there.bytes, short: false };
  const job = await readJobFile(deps, input.output);
  return heartbeating(job.timing, () => deps.transfers(() => downloadTo(deps, job, input, uri)));
}

async function downloadTo(
  deps: ActivityDeps,
  job: JobFile,
  input: DownloadInput,
  uri: string,
): Promise<DownloadResult> {
  const provider = providerOf(deps, job);
  const sink = await deps.store.create(uri);
  let short = false;
  try {
    await transfer(job.timing, async (ctx) => {
      const received = { bytes: 0, last: newline };
      try {
        for await (const chunk of provider.output(input.handle, ctx)) {
          await sink.write(chunk);
          received.bytes += chunk.byteLength;
          received.last = chunk.at(-1) ?? received.last;
        }
      } catch (error) {
        if (!isShort(error) || !isBelieved(received)) throw error;
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

const isShort = (error: unknown): boolean => error instanceof ProviderError && error.facts.fault === 'broken_stream';

/** A provider that twice sends the same whole lines has no more of them; a transfer that breaks does so elsewhere each time. */
function isBelieved({ bytes, last }: { readonly bytes: number; readonly last: number }): boolean {
  const { attempt, heartbeatDetails } = activityInfo();
  const whole = last === newline ? bytes : null;
  if (attempt >= brokenAttemptsMax || (whole !== null && wholeBefore(heartbeatDetails) === whole)) return true;
  heartbeat({ whole });
  return false;
}

/** How many bytes of whole lines the attempt before received. */
function wholeBefore(details: unknown): unknown {
  return typeof details === 'object' && details !== null && 'whole' in details ? details.whole : null;
}
