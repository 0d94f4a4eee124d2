// Some servers refuse a create with a list of errors, where the SDK reads only one under `error`. Without the first one's code, a full queue would
// look like a refused batch.

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
  const lifted = body?.error === undefined && first !== undefined ? JSON.stringify({ error: first }) : text;
  const headers = new Headers(reply.headers);
  // The text is decoded, and may have another length.
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return new Response(lifted, { status: reply.status, statusText: reply.statusText, headers });
}
