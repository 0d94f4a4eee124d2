// The SDK reads a refusal only under `error`. Some servers refuse a create with a list of errors, and some put the fields of the one error
// into the body itself. Without its code, a full queue would look like a refused batch.

import { asFields, asObjects, parsedFields } from '../json-fields.ts';

export const withOneError =
  (call: typeof fetch): typeof fetch =>
  async (input, init) => {
    const reply = await call(input, init);
    return reply.status >= 400 && reply.status < 500 ? await liftFirst(reply) : reply;
  };

async function liftFirst(reply: Response): Promise<Response> {
  const text = await reply.text();
  const body = parsedFields(text);
  const [first] = asObjects(asFields(body?.errors)?.data);
  const found = first ?? (body?.object === 'error' ? body : undefined);
  const lifted = body?.error === undefined && found !== undefined ? JSON.stringify({ error: found }) : text;
  const headers = new Headers(reply.headers);
  // The text is decoded, and may have another length.
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return new Response(lifted, { status: reply.status, statusText: reply.statusText, headers });
}
