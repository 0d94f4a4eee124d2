// Writes an object only if it still is as the writer saw it, or only if there is none. Of several such writes exactly one succeeds, and a write
// whose reply was lost is recognised.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError, type StoreProblem } from '../store.ts';
import type { ObjectClient, ObjectFacts, ObjectPlace, WriteCondition } from './client.ts';

type Written = Pick<ObjectFacts, 'version'>;

/** Writes at the same time may refuse each other, so that none of them has taken effect yet. */
const triesMax = 6;
const firstWaitMs = 50;

/** That the object still has this version; null: that there is none. */
export const makeCondition = (version: string | null): WriteCondition => ({
  version,
  mark: randomBytes(12).toString('hex'),
});

/** Fails with `exists` if the condition does not hold. */
export async function putIfUnchanged(
  client: ObjectClient,
  place: ObjectPlace,
  content: Uint8Array,
  condition: WriteCondition,
  signal?: AbortSignal,
): Promise<Written> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await client.put(place, content, condition, signal);
    } catch (error) {
      const found = await findWritten(client, place, condition, error, signal);
      if (found !== null) return found;
      if (tries === triesMax) throw new StoreError('unavailable', place.uri);
      await sleep(firstWaitMs * 2 ** tries * Math.random(), undefined, { signal });
    }
  }
}

/**
 * After a write failed: our own object if it was written after all. Null if the object is still as it was before, so that another try may
 * succeed. Throws `exists` if somebody else wrote, and every other failure as it is.
 */
export async function findWritten(
  client: ObjectClient,
  place: ObjectPlace,
  { version, mark }: WriteCondition,
  error: unknown,
  signal?: AbortSignal,
): Promise<Written | null> {
  if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
  const found = await client.head(place, signal);
  if (found?.mark === mark) return found;
  if ((found?.version ?? null) !== version) throw error;
  return null;
}

/**
 * The same after an upload of so many bytes was not completed. If the first reply was lost, the request was sent again, and the upload was not there
 * any more.
 */
export async function findCompleted(
  client: ObjectClient,
  place: ObjectPlace,
  { condition, bytes }: { readonly condition: WriteCondition; readonly bytes: number },
  error: unknown,
  signal?: AbortSignal,
): Promise<Written | null> {
  const isDoubtful = error instanceof StoreError && doubtful.has(error.problem);
  if (!isDoubtful) return findWritten(client, place, condition, error, signal);
  const found = await client.head(place, signal);
  if (found?.mark === condition.mark && found.bytes === bytes) return found;
  throw error;
}

const doubtful: ReadonlySet<StoreProblem> = new Set(['unavailable', 'unwritable']);
