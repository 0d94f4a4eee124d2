// Reads as much of a batch's results as it takes to see one custom id, and lets go of the rest.

import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { replyBytes } from '../../transport/reply-bytes.ts';
import { type Connection, openResults, vendor } from './client.ts';
import { firstLineBytesMax } from './limits.ts';

/** Ids are written without escapes, whoever wrote them: the vendor takes letters, digits, `_` and `-` only. */
const customIdField = /"custom_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"/;

/** Null where there are no results to be read. */
export async function firstCustomId(connection: Connection, id: string, ctx: Context): Promise<string | null> {
  try {
    const reply = await openResults(connection, id, ctx);
    let head = '';
    for await (const chunk of replyBytes(vendor, reply, ctx)) {
      head += Buffer.from(chunk).toString('latin1');
      const found = customIdField.exec(head)?.[1];
      if (found !== undefined) return found;
      if (head.length > firstLineBytesMax) return null;
    }
    return null;
  } catch (error) {
    if (error instanceof ProviderError && (error.facts.status === 404 || error.facts.status === 400)) return null;
    throw error;
  }
}
