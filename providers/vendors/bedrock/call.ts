// The realtime lane: sends one row's request by itself, and turns its reply into the row that a job would have returned. The SDK would read the
// request and the reply into its own types and lose what it does not know, so it only signs the call.

import { takeApart } from '../../dialects/bedrock/requests.ts';
import { type Fields, parsedFields } from '../../json-fields.ts';
import type { CallTarget, Context } from '../../provider.ts';
import { callTimeouts, readItemRefusal } from '../../transport/call.ts';
import { toProviderError, unreadableReply } from '../../transport/fault.ts';
import { sendWith } from '../../transport/rest.ts';
import { type Connection, caller, toFailure, toRefusal } from './client.ts';

export async function call(connection: Connection, line: Buffer, { model }: CallTarget, ctx: Context): Promise<Buffer> {
  const { customId: recordId, body } = takeApart(line);
  const url = `${connection.runtimeUrl}/model/${encodeURIComponent(model)}/converse`;
  try {
    const proof = await sign(connection, new URL(url), body);
    const request = { method: 'POST' as const, url, body, timeoutMs: callTimeouts.callMs };
    const reply = await sendWith(proof, request, ctx, toRefusal);
    const modelOutput = parsedFields(await reply.text());
    if (modelOutput === null) throw unreadableReply(caller.name, 'call');
    return formatRow({ recordId, modelOutput });
  } catch (error) {
    const refusal = readItemRefusal(caller, error);
    if (refusal === null) throw toProviderError(caller, 'call', error);
    const { status: errorCode, inner } = refusal;
    return formatRow({ recordId, error: { errorCode, errorMessage: inner.message } });
  }
}

const formatRow = (row: Fields): Buffer => Buffer.from(JSON.stringify(row));

/** The headers that prove who calls. */
async function sign({ open }: Connection, url: URL, body: string): Promise<Record<string, string>> {
  const { client } = await open();
  const { protocol, hostname, port, pathname, host } = url;
  const place = { protocol, hostname, path: pathname, ...(port === '' ? {} : { port: Number(port) }) };
  const headers = { host, 'content-type': 'application/json' };
  try {
    const signer = await client.config.signer();
    const { headers: signed } = await signer.sign({ method: 'POST', ...place, headers, body, query: {} });
    // fetch sets it by itself.
    const { host: _, ...proof } = signed;
    return proof;
  } catch (error) {
    throw toFailure('call', error);
  }
}
