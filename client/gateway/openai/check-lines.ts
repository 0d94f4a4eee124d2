// Checks the request lines of an upload while it comes in. As at the vendor, the upload is taken with its mistakes: the batch fails by them.

import { isUtf8 } from 'node:buffer';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { lineChunks } from '../../../storage/lines/json-lines.ts';
import { type LinesSummary, LinesTally } from '../batches/lines-tally.ts';
import type { BatchProblem } from '../batches/record.ts';

/** A job refuses longer rows. */
const lineBytesMax = 32 * 1024 * 1024;
/** A job refuses longer ids. */
const idBytesMax = 512;

interface Limits {
  /** What is above it is counted, and not read: the batch is refused anyway. */
  readonly linesMax: number;
}

export async function checkLines(source: AsyncIterable<Uint8Array>, { linesMax }: Limits): Promise<LinesSummary> {
  const tally = new LinesTally();
  for await (const lines of lineChunks(source, { lineBytesMax })) {
    for (const { number, bytes, length } of lines) {
      if (length === 0) continue;
      tally.addLine();
      if (tally.total > linesMax) continue;
      const problem = bytes === null ? tooLong : checkLine(bytes, number, tally);
      if (problem !== null) tally.addProblem({ ...problem, line: number });
    }
  }
  return tally.summary;
}

type LineProblem = Omit<BatchProblem, 'line'>;

const tooLong: LineProblem = { code: 'line_too_long', message: 'This line is longer than 32 MB.', param: null };

/** Null if the line can be sent. */
function checkLine(bytes: Buffer, number: number, tally: LinesTally): LineProblem | null {
  // A job refuses other bytes.
  const line = isUtf8(bytes) ? parse(bytes) : null;
  if (!isObject(line)) {
    return { code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.', param: null };
  }
  const { custom_id: customId, method, url, body } = line;
  if (customId === undefined) return missing('custom_id');
  if (typeof customId !== 'string' || customId === '' || Buffer.byteLength(customId) > idBytesMax) {
    return invalid('custom_id', `must be a text of 1 to ${idBytesMax} bytes`);
  }
  if (!tally.addId(customId)) {
    const message = 'The custom_id of this line has been used by an earlier line: each must be unique in its batch.';
    return { code: 'duplicate_custom_id', message, param: 'custom_id' };
  }
  if (method === undefined) return missing('method');
  if (method !== 'POST') return invalid('method', 'must be POST');
  if (url === undefined) return missing('url');
  if (typeof url !== 'string') return invalid('url', 'must be a text');
  tally.addEndpoint(url, number);
  if (body === undefined) return missing('body');
  if (!isObject(body)) return invalid('body', 'must be an object');
  if (body.model === undefined) return missing('body.model');
  if (typeof body.model !== 'string' || body.model === '') return invalid('body.model', 'must be a text');
  tally.addModel(body.model, number);
  return null;
}

function parse(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const missing = (param: string): LineProblem => ({
  code: 'missing_required_parameter',
  message: `Missing required parameter: '${param}'.`,
  param,
});

const invalid = (param: string, why: string): LineProblem => ({
  code: 'invalid_value',
  message: `Invalid value for '${param}': ${why}.`,
  param,
});
