// Requests of a batch that are refused before anything is sent, while the others run. The planning of the job refuses them, and names them in its
// `rejects.jsonl`. What the gateway itself finds is written into the request's line in place of the request: then planning refuses the line by that.

import { cursorLineBytesMax, lineChunks, lineWriter } from '../../../storage/lines/json-lines.ts';
import { isMissing, type Store } from '../../../storage/store.ts';
import { fileNames } from '../../results.ts';
import type { Flaw, Target } from './record.ts';

export interface RefusedRequest {
  readonly customId: string;
  /** Null if it is not one field. */
  readonly field: string | null;
  /** It begins with the field, and quotes nothing of the request. */
  readonly message: string;
}

/** The member in which ready-made lines have their id. */
export const nameId = (target: Target): 'custom_id' | 'key' | 'recordId' => idFields[target] ?? 'custom_id';

const idFields: Partial<Record<Target, 'key' | 'recordId'>> = { gemini: 'key', bedrock: 'recordId' };

/** A line without a request: workers take the words from it. */
export const formatFlawed = (customId: string, { field, message }: Flaw, target: Target): string =>
  JSON.stringify({ [nameId(target)]: customId, nightshift: { refused: `${field}: ${message}` } });

/** Some at a time, in the order of the lines; none if the job refused none. */
export async function* readRefused(
  store: Store,
  output: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly RefusedRequest[]> {
  const source = store.read(`${output}${fileNames.rejects}`, { signal });
  try {
    for await (const lines of lineChunks(source, { lineBytesMax: cursorLineBytesMax })) {
      yield lines.flatMap(({ bytes }) =>
        bytes === null || bytes.length === 0 ? [] : [readLine(JSON.parse(bytes.toString()))],
      );
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function readLine({ id, message }: { readonly id?: string | number; readonly message: string }): RefusedRequest {
  const words = message.replace(/^line \d+: /, '');
  const field = /^([a-z][\w.[\]-]*): /i.exec(words)?.[1] ?? null;
  return { customId: String(id ?? ''), field, message: words };
}

export async function countRefused(store: Store, output: string): Promise<number> {
  let count = 0;
  for await (const refused of readRefused(store, output)) count += refused.length;
  return count;
}

/** For lines that all are without a request: no job is needed to refuse them. */
export async function refuseAll(store: Store, lines: string, output: string): Promise<void> {
  const writer = lineWriter(await store.create(`${output}${fileNames.rejects}`));
  try {
    for await (const chunk of lineChunks(store.read(lines), { lineBytesMax: cursorLineBytesMax })) {
      for (const { number, bytes } of chunk) {
        if (bytes === null || bytes.length === 0) continue;
        const { custom_id: id, nightshift } = JSON.parse(bytes.toString());
        await writer.write(
          JSON.stringify({ line: number, id, reason: 'bad_request_line', message: nightshift.refused }),
        );
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
