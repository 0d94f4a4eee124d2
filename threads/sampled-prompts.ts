// The prompts of the rows that are in the sample, for a count of their tokens. Of a long prompt it takes pieces, so that a row costs little however
// long it is.

import { weighRow } from '../domain/money/token-ratio.ts';
import type { Dialect, PromptText } from '../providers/dialects/dialect.ts';
import type { SampledPrompt } from './tasks/rendered-rows.ts';
import type { ReadItem } from './tasks/row-reader.ts';

/** A longer body is not parsed once more: a thread has no room for that. */
const bodyBytesMax = 1024 * 1024;
/** A tokenizer takes the square of a text without spaces, so pieces are short. */
const pieceChars = 1024;
const piecesMax = 8;

type SampledItem = Pick<ReadItem, 'row' | 'model' | 'endpoint' | 'request'>;

/** Those of a chunk. */
export class SampledPrompts {
  readonly #dialect: Pick<Dialect, 'readPromptText'>;
  readonly #prompts: SampledPrompt[] = [];

  constructor(dialect: Pick<Dialect, 'readPromptText'>) {
    this.#dialect = dialect;
  }

  /** In the order of the rows. */
  get list(): readonly SampledPrompt[] {
    return this.#prompts;
  }

  /** A row that is not in the sample, or whose tokens cannot be counted, is left out. */
  offer(index: number, { row, model, endpoint, request }: SampledItem, bodyBytes: number): void {
    if (this.#dialect.readPromptText === undefined || weighRow(row) === 0 || bodyBytes > bodyBytesMax) return;
    const prompt = this.#read(model, request.join(''), endpoint);
    if (prompt === null) return;
    const { encoding, texts, formTokens } = prompt;
    const text = texts.join('\n');
    const pieces = cutPieces(text);
    const scale = pieces.length === 1 ? 1 : Buffer.byteLength(text) / Buffer.byteLength(pieces.join(''));
    this.#prompts.push({ index, encoding, formTokens, pieces, scale });
  }

  #read(model: string, body: string, endpoint: string): PromptText | null {
    try {
      return this.#dialect.readPromptText?.(model, JSON.parse(body), endpoint) ?? null;
    } catch (error) {
      // A body may be nested deeper than the stack allows. Its row is planned all the same.
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

/** All of a short text; of a long one, pieces from its begin to its end. */
function cutPieces(text: string): string[] {
  if (text.length <= pieceChars * piecesMax) return [text];
  const step = (text.length - pieceChars) / (piecesMax - 1);
  return Array.from({ length: piecesMax }, (_, piece) => {
    const from = skipHalf(text, Math.round(piece * step));
    return text.slice(from, skipHalf(text, from + pieceChars));
  });
}

/** A character of two halves is not cut in the middle. */
const skipHalf = (text: string, at: number): number => (/^[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at + 1 : at);
