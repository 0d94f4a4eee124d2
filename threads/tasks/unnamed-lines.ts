// Request lines of items that have no batch yet.

import { customId, type ItemKey, itemKey } from '../../domain/ids.ts';
import type { Dialect } from '../../providers/dialects/dialect.ts';

/** The prefix of their custom ids. It is as long as any other. */
export const noPrefix = '00000000';
const anyId = customId(noPrefix, itemKey('0'.repeat(24)));

/** The bytes of a request line without its body, but with the newline. */
export function countBytesAround(dialect: Pick<Dialect, 'encode'>, endpoint: string): number {
  return Buffer.byteLength(dialect.encode(anyId, '', endpoint)) + 1;
}

/** The texts before and after a body. The latter ends with the newline. */
export interface AroundBody {
  before(key: ItemKey): string;
  readonly after: string;
}

/** A line is only these texts around its body, so that long bodies need not become part of another text. */
export function splitAround(dialect: Pick<Dialect, 'encode' | 'customIdAt'>, endpoint: string): AroundBody {
  const { customIdAt } = dialect;
  const line = dialect.encode(anyId, bodyMark, endpoint);
  const bodyAt = line.lastIndexOf(bodyMark);
  const keyAt = customIdAt + noPrefix.length;
  const [beforeKey, afterKey] = [line.slice(0, keyAt), line.slice(customIdAt + anyId.length, bodyAt)];
  return {
    before: (key) => `${beforeKey}${key}${afterKey}`,
    after: `${line.slice(bodyAt + bodyMark.length)}\n`,
  };
}

/** No line has a control character. */
const bodyMark = '\0';
