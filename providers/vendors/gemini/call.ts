// The realtime lane: sends one request line by itself, and turns its reply into the line that a batch would have returned.

import { takeApart } from '../../dialects/gemini/requests.ts';
import { asText, type Fields, parsedFields } from '../../json-fields.ts';
import type { CallTarget, Context } from '../../provider.ts';
import { callTimeouts, readItemRefusal } from '../../transport/call.ts';
import { toProviderError, unreadableReply } from '../../transport/fault.ts';
import { apiUrl, type Connection, caller, modelPath, send } from './client.ts';

export async function call(
  connection: Connection,
  line: Buffer,
  { model, endpoint }: CallTarget,
  ctx: Context,
): Promise<Buffer> {
  // The body's own text is sent, so that a number too large for a double is the same in both lanes.
  const { customId, body } = takeApart(line);
  const url = apiUrl(connection, `${modelPath(model)}:${endpoint}`);
  try {
    const reply = await send(connection, { method: 'POST', url, body, timeoutMs: callTimeouts.callMs }, ctx);
    const response = parsedFields(await reply.text());
    if (response === null) throw unreadableReply(caller.name, 'call');
    return formatLine(customId, { response });
  } catch (error) {
    const refusal = readItemRefusal(caller, error);
    if (refusal === null) throw toProviderError(caller, 'call', error);
    const { status: code, inner } = refusal;
    const status = asText(inner.type)?.toUpperCase();
    return formatLine(customId, { error: { code, message: inner.message, status } });
  }
}

const formatLine = (key: string, answer: Fields): Buffer => Buffer.from(JSON.stringify({ key, ...answer }));
