// The provider's client for one incarnation of a worker: after its death nothing is sent, and no reply arrives.

import type { Provider } from '../../providers/provider.ts';
import type { Incarnation } from './incarnation.ts';

export function guardProvider(provider: Provider, life: Incarnation): Provider {
  const { forgetFile } = provider;
  return {
    ...provider,
    // The jobs of a simulation are small.
    limits: { ...provider.limits, itemsMin: 1 },
    check: (model, ctx) => life.allow(() => provider.check(model, ctx)),
    upload: (file, submission, ctx) => life.effect('upload', () => provider.upload(file, submission, ctx)),
    find: (submission, ctx) => life.effect('find', () => provider.find(submission, ctx)),
    create: (staged, file, submission, ctx) =>
      life.effect('create', () => provider.create(staged, file, submission, ctx)),
    poll: (handle, ctx) => life.effect('poll', () => provider.poll(handle, ctx)),
    cancel: (handle, ctx) => life.effect('cancel', () => provider.cancel(handle, ctx)),
    forget: (handle, ctx) => life.effect('forget', () => provider.forget(handle, ctx)),
    ...(forgetFile && {
      forgetFile: (fileId, ctx) => life.effect('forget', () => forgetFile(fileId, ctx)),
    }),
    call: (line, target, ctx) => life.effect('ask', () => provider.call(line, target, ctx)),
    download: (handle, ctx) => downloadWhole(life, () => provider.download(handle, ctx)),
  };
}

/** Reads small outputs whole, so that a download is one call; a break passes on the bytes before it. */
async function* downloadWhole(
  life: Incarnation,
  open: () => AsyncGenerator<Uint8Array, true | null>,
): AsyncGenerator<Uint8Array, true | null> {
  const chunks: Uint8Array[] = [];
  let failure: unknown = null;
  const isWhole = await life.effect('download', async () => {
    const source = open();
    try {
      for (let next = await source.next(); ; next = await source.next()) {
        if (next.done === true) return next.value;
        chunks.push(Buffer.from(next.value));
      }
    } catch (error) {
      failure = error;
      return null;
    }
  });
  yield* chunks;
  if (failure !== null) throw failure;
  return isWhole;
}
