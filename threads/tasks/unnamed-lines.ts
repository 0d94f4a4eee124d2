// Request lines of items that have no batch yet.

import { customId, itemKey } from '../../domain/ids.ts';
import type { Dialect } from '../../providers/dialects/dialect.ts';

/** The prefix of their custom ids. It is as long as any other. */
export const noPrefix = '00000000';
const anyId = customId(noPrefix, itemKey('0'.repeat(24)));

/** The bytes of a request line without its body, but with the newline. */
export function countBytesAround(dialect: Pick<Dialect, 'encode'>, endpoint: string): number {
  return Buffer.byteLength(dialect.encode(anyId, '', endpoint)) + 1;
}
