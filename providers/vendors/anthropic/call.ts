// The realtime lane: sends one request line by itself, and turns its reply into the line that a batch would have returned.

import { messagesEndpoint, takeApart } from '../../dialects/anthropic/requests.ts';
import { parsedFields } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { callTimeouts, readItemRefusal } from '../../transport/call.ts';
import { toProviderError, unreadableReply } from '../../transport/fault.ts';
import { noRedirect } from '../../transport/file-body.ts';
import { type Connection, caller } from './client.ts';

export async function call(connection: Connection, line: Buffer, ctx: Context): Promise<Buffer> {
  const { customId, body } = takeApart(line);
  try {
    const reply = await post(connection, body, ctx);
    const message = parsedFields(await reply.text());
    if (message === null) throw unreadableReply(caller.name, 'call');
    return formatLine(customId, { type: 'succeeded', message });
  } catch (error) {
    const refusal = readItemRefusal(caller, error);
    if (refusal === null) throw toProviderError(caller, 'call', error);
    const { inner, requestId } = refusal;
    return formatLine(customId, { type: 'errored', error: { type: 'error', error: inner, request_id: requestId } });
  }
}

/** The body's own text is sent, so that a number too large for a double is the same in both lanes. */
async function post({ sdk }: Connection, body: string, { signal }: Context): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const options = { body, headers, signal, timeout: callTimeouts.callMs, fetchOptions: noRedirect };
  return (await sdk()).post(messagesEndpoint, options).asResponse();
}

const formatLine = (customId: string, result: object): Buffer =>
  Buffer.from(JSON.stringify({ custom_id: customId, result }));
