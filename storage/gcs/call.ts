// What every call of Google Cloud Storage has in common: a deadline, because the client has none that can be trusted, and its errors.

import type { Storage } from '@google-cloud/storage';
import { callMs, markName, type ObjectFacts, type ObjectPlace, type WriteCondition } from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { gcsError } from './error.ts';

export interface Gcs {
  readonly storage: Storage;
}

/** The client cannot end a call: one that comes after the deadline or the signal is left alone. */
export async function callGcs<T>(
  { uri }: Pick<ObjectPlace, 'uri'>,
  doing: 'reading' | 'writing',
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { promise: left, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new StoreError('unavailable', uri)), callMs[doing]);
  const leave = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([call(), left]);
  } catch (error) {
    throw gcsError(error, uri, doing, signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}

export const findFile = ({ storage }: Gcs, { bucket, key }: ObjectPlace) => storage.bucket(bucket).file(key);

/** Generation 0 stands for no object. */
export const generationOf = ({ version }: WriteCondition): string => version ?? '0';

export const conditioned = (condition: WriteCondition | null) =>
  condition === null
    ? {}
    : {
        preconditionOpts: { ifGenerationMatch: generationOf(condition) },
        metadata: { metadata: { [markName]: condition.mark } },
      };

export async function headGcsObject(gcs: Gcs, place: ObjectPlace, signal?: AbortSignal): Promise<ObjectFacts | null> {
  try {
    const [found] = await callGcs(place, 'reading', signal, () => findFile(gcs, place).getMetadata());
    const mark = found.metadata?.[markName];
    return {
      bytes: Number(found.size),
      version: String(found.generation),
      mark: typeof mark === 'string' ? mark : null,
    };
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') return null;
    throw error;
  }
}
