// Downloads a made-up output of a batch, as the worker does.

import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { download } from '../../../activities/collect/download.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import type { Reading } from '../../../domain/batch/evidence.ts';
import { fault } from '../submit/submission-site.ts';
import { answerLine, provider, wholeDeps } from '../whole-job.ts';
import { batch, type Collection, ended, ref } from './collection.ts';

const handle = { id: 'own', createdAt: 0, fileId: null };

export interface Sent {
  readonly places: readonly number[];
  readonly attempt?: number;
  readonly failure?: Fault;
  readonly size?: true | null;
  readonly changes?: Partial<ReturnType<typeof wholeDeps>>;
  readonly onClose?: () => void;
  readonly content?: (line: number) => string;
  readonly pieceBytes?: number;
  readonly lastNewline?: string;
}

/** Downloads lines for the items at these places, in pieces that cut lines in the middle. */
export async function receive(
  collection: Collection,
  { places, attempt = 1, failure, size = true, changes = {}, onClose = () => undefined, ...form }: Sent,
): Promise<Reading> {
  const { content = () => 'own', pieceBytes = 100, lastNewline = '\n' } = form;
  const lines = places.map((place, line) => answerLine(collection.ids[place] ?? '', content(line)));
  const bytes = Buffer.from(lines.join('\n') + lastNewline);
  const fake = {
    ...provider,
    download: async function* (): AsyncGenerator<Uint8Array, true | null> {
      try {
        for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
        if (failure !== undefined) throw fault(failure, false);
        return size;
      } finally {
        onClose();
      }
    },
  };
  const deps = { ...wholeDeps(collection.folder), provider: () => fake, ...changes };
  const end = collection.describeEnd([batch(ended('completed', 3), null)]);
  const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
  return environment.run(() => download(deps, { ...ref, handle, twin: 0, end }));
}
