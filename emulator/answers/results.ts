// Produces result files as a stream on request. A line is a function of the item's numbers, its outcome and the options of its batch, so every
// download gives the same bytes.
import { closeSync, openSync, readSync } from 'node:fs';
import { asObject, isObject, type Json } from '../server/json.ts';
import type { Batch } from '../world/batch.ts';
import { seconds } from '../world/clock.ts';
import { hex16, roll } from '../world/hash.ts';
import type { Item } from './answer.ts';
import { type Outcome, outcomes } from './outcome.ts';

const chunkChars = 65_536;
const codes: readonly Outcome[] = Object.values(outcomes);

const garbledLine = '<html><body>502 Bad Gateway</body></html>';

/** A custom id of null is left out of the line. */
export type LineWriter = (item: Item, customId: string | null, at: number) => string | null;
export type Extent = 'all' | 'first half';

export const idField = (customId: string | null, name = 'custom_id'): string =>
  customId === null ? '' : `"${name}":${JSON.stringify(customId)},`;

export function* resultChunks(batch: Batch, write: LineWriter, extent: Extent): Generator<Buffer> {
  const lines = extent === 'all' ? resultLines(batch, write) : firstHalf(() => resultLines(batch, write));
  let text = '';
  for (const line of separated(batch, lines)) {
    text += line;
    if (text.length < chunkChars) continue;
    yield Buffer.from(text, 'utf8');
    text = '';
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}

export function resultBytes(batch: Batch, write: LineWriter, extent: Extent): number {
  let bytes = 0;
  for (const chunk of resultChunks(batch, write, extent)) bytes += chunk.length;
  return bytes;
}

function* separated({ options: { output } }: Batch, lines: Iterable<string>): Generator<string> {
  const end = output.crlf ? '\r\n' : '\n';
  let first = true;
  for (const line of lines) {
    yield first ? line : end + (output.blankLines ? end : '') + line;
    first = false;
  }
  if (!first && !output.noFinalNewline) yield end;
}

function* firstHalf(read: () => Iterable<string>): Generator<string> {
  let lines = 0;
  for (const _ of read()) lines += 1;
  let left = lines >> 1;
  for (const line of read()) {
    if (left === 0) return;
    left -= 1;
    yield line;
  }
}

function* resultLines(batch: Batch, write: LineWriter): Generator<string> {
  const index = batch.scan?.index;
  if (index === undefined) return;
  const { seed, itemErrors } = batch.options;
  const oddLines = itemErrors.duplicate + itemErrors.foreign + itemErrors.malformedLines > 0;
  const reader = openInput(batch);
  try {
    for (const at of order(batch)) {
      const item = itemAt(batch, at, reader.body);
      const line = writeLine(item, index.customId(at), at, write);
      if (line === null) continue;
      yield line;
      if (!oddLines) continue;
      const hash = index.idHash(at);
      if (roll(hash, seed, 2) < itemErrors.duplicate) yield line;
      if (roll(hash, seed, 3) < itemErrors.foreign) yield write(item, `foreign-${hex16(hash)}`, at) ?? line;
      if (roll(hash, seed, 4) < itemErrors.malformedLines) yield line.slice(0, line.length >> 1);
    }
  } finally {
    reader.close();
  }
}

function writeLine(item: Item, customId: string, at: number, write: LineWriter): string | null {
  if (item.outcome === outcomes.dropped) return null;
  const line = write(item, item.outcome === outcomes.withoutId ? null : customId, at);
  return line !== null && item.outcome === outcomes.garbled ? garbledLine : line;
}

function order(batch: Batch): Iterable<number> {
  const numbers = Uint32Array.from({ length: batch.outcomes.length }, (_, at) => at);
  if (!batch.options.output.shuffle) return numbers;
  for (let at = numbers.length - 1; at > 0; at--) {
    const other = Math.floor(roll({ hi: at, lo: batch.ordinal }, batch.options.seed, 6) * (at + 1));
    [numbers[at], numbers[other]] = [numbers[other] ?? 0, numbers[at] ?? 0];
  }
  return numbers;
}

export function itemAt(batch: Batch, at: number, body: (at: number) => Json): Item {
  const index = batch.scan?.index;
  if (index === undefined) throw new Error(`batch ${batch.id} has not been read yet`);
  return {
    hash: index.bodyHash(at),
    model: index.model(at),
    createdS: seconds(batch.validatedAtMs ?? batch.createdAtMs),
    tokens: index.tokens[at] ?? 0,
    cachedTokens: index.cachedTokens[at] ?? 0,
    cacheLife: index.cacheLife(at),
    cacheWrite: at === 0,
    wantsSchema: index.wantsSchema(at),
    outcome: codes[batch.outcomes[at] ?? 0] ?? outcomes.notRun,
    inBatch: true,
    body: () => body(at),
  };
}

/** Reads one request again, for answers that depend on its words; opened only for such an answer. */
export function openInput(batch: Batch) {
  let descriptor: number | null = null;
  return {
    body(at: number): Json {
      const index = batch.scan?.index;
      if (index === undefined) return {};
      descriptor ??= openSync(batch.inputPath, 'r');
      const bytes = Buffer.allocUnsafe(index.sizes[at] ?? 0);
      readSync(descriptor, bytes, 0, bytes.length, index.offsets[at] ?? 0);
      const parsed: unknown = JSON.parse(bytes.toString('utf8'));
      return isObject(parsed) ? asObject(parsed.body ?? parsed.params ?? parsed.request ?? parsed.modelInput) : {};
    },
    close() {
      if (descriptor !== null) closeSync(descriptor);
    },
  };
}
