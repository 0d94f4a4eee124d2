// The realtime lane: sends one row's request by itself, and turns its reply into the row that a job would have returned.

import { fromPrediction, isPredictModel, toInstance } from '../../dialects/vertex/predict.ts';
import { embedEndpoint, takeApart } from '../../dialects/vertex/requests.ts';
import { asText, type Fields, parsedFields } from '../../json-fields.ts';
import type { CallTarget, Context } from '../../provider.ts';
import { callTimeouts, readItemRefusal } from '../../transport/call.ts';
import { toProviderError, unreadableReply } from '../../transport/fault.ts';
import { type Connection, caller, modelPath, send } from './client.ts';

export async function call(connection: Connection, line: Buffer, target: CallTarget, ctx: Context): Promise<Buffer> {
  const { endpoint } = target;
  // The body's own text is sent, so that a number too large for a double is the same in both lanes.
  const { customId, body } = takeApart(line);
  const isPredicted = endpoint === embedEndpoint && isPredictModel(target.model);
  const url = `${connection.place}/${modelPath(target)}:${isPredicted ? 'predict' : endpoint}`;
  const sent = isPredicted ? toInstance(body) : body;
  try {
    const reply = await send(connection, { method: 'POST', url, body: sent, timeoutMs: callTimeouts.callMs }, ctx);
    const response = parsedFields(await reply.text());
    if (response === null) throw unreadableReply(caller.name, 'call');
    return formatRow({ custom_id: customId, status: '', response: isPredicted ? fromPrediction(response) : response });
  } catch (error) {
    const refusal = readItemRefusal(caller, error);
    if (refusal === null) throw toProviderError(caller, 'call', error);
    const { status: code, inner } = refusal;
    const status = asText(inner.type)?.toUpperCase();
    return formatRow({
      custom_id: customId,
      status: JSON.stringify({ error: { code, message: inner.message, status } }),
    });
  }
}

const formatRow = (row: Fields): Buffer => Buffer.from(JSON.stringify(row));
