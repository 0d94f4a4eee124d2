// Joins the lines of a batch's requests file into joint requests, in a scratch file for the upload.

import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cancellationSignal } from '@temporalio/activity';
import type { CustomId } from '../../domain/ids.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { countRequests } from '../../domain/plan/joint-requests.ts';
import { requestsFile } from '../../job-folder/paths.ts';
import type { SubmissionRef } from '../../job-folder/submission.ts';
import type { Provider, RequestFile } from '../../providers/provider.ts';
import { cursorLineBytesMax, lineChunks } from '../../storage/lines/json-lines.ts';
import type { ActivityDeps } from '../deps.ts';

/** A line that planning wrote for an endpoint that takes several inputs. */
interface PlannedLine {
  readonly custom_id: CustomId;
  readonly body: { readonly [name: string]: Json };
}

/** The file lasts as long as `use`. The same batch gives the same bytes each time. */
export async function withJointFile<T>(
  deps: Pick<ActivityDeps, 'store' | 'scratch' | 'randomHex'>,
  ref: SubmissionRef,
  { encode }: Pick<Provider, 'encode'>,
  { name, perRequest }: { readonly name: string; readonly perRequest: number },
  use: (file: RequestFile) => Promise<T>,
): Promise<T> {
  const path = join(deps.scratch, `joint-${deps.randomHex(8)}`);
  const handle = await open(path, 'wx');
  try {
    let bytes = 0;
    for await (const lines of joinLines(deps, ref, perRequest)) {
      const written = await handle.write(`${joinRequests(lines, (id, body) => encode(id, body, ref.endpoint))}\n`);
      bytes += written.bytesWritten;
    }
    return await use({ path: async () => path, name, bytes, items: countRequests(ref.items, perRequest) });
  } finally {
    await handle.close();
    await rm(path, { force: true });
  }
}

async function* joinLines(
  { store }: Pick<ActivityDeps, 'store'>,
  ref: SubmissionRef,
  perRequest: number,
): AsyncGenerator<readonly PlannedLine[]> {
  let together: PlannedLine[] = [];
  const source = store.read(requestsFile(ref), { signal: cancellationSignal() });
  for await (const lines of lineChunks(source, { lineBytesMax: cursorLineBytesMax })) {
    for (const { bytes } of lines) {
      if (bytes !== null) together.push(JSON.parse(bytes.toString()));
      if (together.length < perRequest) continue;
      yield together;
      together = [];
    }
  }
  if (together.length > 0) yield together;
}

/** Only the inputs of the rows differ. The custom id of the first row stands for all. */
function joinRequests(lines: readonly PlannedLine[], encode: (id: CustomId, body: string) => string): string {
  const [first] = lines;
  if (first === undefined) return '';
  const input = lines.map(({ body }) => body.input ?? null);
  return encode(first.custom_id, JSON.stringify({ ...first.body, input }));
}
