// Creates an object only if there is none. Two creates never both succeed, and a create whose reply was lost is recognised.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../store.ts';
import type { ObjectClient, ObjectFacts, ObjectPlace } from './client.ts';

type Created = Pick<ObjectFacts, 'version'>;

/** Creates at the same time may refuse each other, so that none of them has created the object yet. */
const triesMax = 6;
const firstWaitMs = 50;

export const makeMark = (): string => randomBytes(12).toString('hex');

export async function putIfAbsent(
  client: ObjectClient,
  place: ObjectPlace,
  content: Uint8Array,
  signal?: AbortSignal,
): Promise<Created> {
  const mark = makeMark();
  for (let tries = 1; ; tries += 1) {
    try {
      return await client.put(place, content, { mark }, signal);
    } catch (error) {
      const found = await findCreated(client, place, mark, error, signal);
      if (found !== null) return found;
      if (tries === triesMax) throw new StoreError('unavailable', place.uri);
      await sleep(firstWaitMs * 2 ** tries * Math.random(), undefined, { signal });
    }
  }
}

/**
 * After a create failed: our own object if it was created after all. Null if there is no object, so that another try may succeed. Throws
 * `exists` for somebody else's object, and every other failure as it is.
 */
export async function findCreated(
  client: ObjectClient,
  place: ObjectPlace,
  mark: string,
  error: unknown,
  signal?: AbortSignal,
): Promise<Created | null> {
  if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
  const found = await client.head(place, signal);
  if (found !== null && found.mark !== mark) throw error;
  return found;
}
