// The realtime lane: sends one request line by itself, and turns its reply into the line that a batch would have returned.

import { takeApart } from '../../dialects/openai/requests.ts';
import { asRequestId, asText, type Fields, parsedFields } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { callTimeouts, readItemRefusal } from '../../transport/call.ts';
import { toProviderError, unreadableReply } from '../../transport/fault.ts';
import { noRedirect } from '../../transport/file-body.ts';
import type { Connection } from './client.ts';

export async function call(connection: Connection, line: Buffer, ctx: Context): Promise<Buffer> {
  const { caller } = connection;
  const { customId, endpoint, body } = takeApart(line);
  try {
    const reply = await post(connection, endpoint, body, ctx);
    const answer = parsedFields(await reply.text());
    if (answer === null) throw unreadableReply(caller.name, 'call');
    return formatLine(customId, reply.status, reply.headers.get('x-request-id'), answer);
  } catch (error) {
    const refusal = readItemRefusal(caller, error);
    if (refusal === null) throw toProviderError(caller, 'call', error);
    return formatLine(customId, refusal.status, refusal.requestId, { error: refusal.inner });
  }
}

/** The body's own text is sent, so that a number too large for a double is the same in both lanes. */
async function post(
  { profile, sdk }: Connection,
  endpoint: string,
  body: string,
  { signal }: Context,
): Promise<Response> {
  // The base already ends in /v1.
  const plain = endpoint.replace(/^\/v1\//, '/');
  const path = profile.callsDeployments ? `/deployments/${encodeURIComponent(readModel(body))}${plain}` : plain;
  const headers = { 'content-type': 'application/json' };
  return (await sdk())
    .post(path, { body, headers, signal, timeout: callTimeouts.callMs, fetchOptions: noRedirect })
    .asResponse();
}

const readModel = (body: string): string => asText(parsedFields(body)?.model) ?? '';

function formatLine(customId: string, status: number, requestId: string | null, body: Fields): Buffer {
  const response = { status_code: status, request_id: asRequestId(requestId), body };
  return Buffer.from(JSON.stringify({ id: null, custom_id: customId, response, error: null }));
}
