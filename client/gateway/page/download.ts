// `POST /page/download`: sends a file of a job as a download. A browser saves what a form asks for without holding it, but a form cannot send the
// header with the token, and an address with a token would stay in histories and logs. So the token comes in the form.

import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { fileNames } from '../../results.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv } from '../parts.ts';
import { decodeText, readBytes } from '../read-body.ts';

/** Answers as the gateway answers everybody. */
export type Answerer = Pick<Hono<GatewayEnv>, 'fetch'>;

const limits = { bodyBytes: 16 * 1024, bodySeconds: 10 };
const formOfDownload = z.object({ id: z.string().min(1), file: z.string(), token: z.string() });
/** By these, the gateway knows who asks if it has no tokens. */
const carried = ['host', 'origin'] as const;

export async function sendDownload(context: Context<GatewayEnv>, gateway: Answerer): Promise<Response> {
  const { id, file, token } = await readForm(context);
  const headers = new Headers(token === '' ? {} : { authorization: `Bearer ${token}` });
  for (const name of carried) headers.set(name, context.req.header(name) ?? '');
  const path = `/api/jobs/${encodeURIComponent(id)}/files/${encodeURIComponent(file)}`;
  const request = new Request(new URL(path, context.req.url), { headers, signal: context.req.raw.signal });
  const answer = await gateway.fetch(request, context.env);
  if (answer.ok) answer.headers.set('content-disposition', nameDownload(id, file));
  return answer;
}

async function readForm(context: Context<GatewayEnv>): Promise<z.output<typeof formOfDownload>> {
  const text = decodeText(await readBytes(context, limits));
  const parsed = formOfDownload.safeParse(Object.fromEntries(new URLSearchParams(text)));
  if (parsed.success) return parsed.data;
  throw new GatewayError('bad_request', 'the form of a download has the fields id, file and token');
}

/** An id may have any characters. */
function nameDownload(id: string, file: string): string {
  const name = `${id} ${new Map<string, string>(Object.entries(fileNames)).get(file) ?? file}`;
  const plain = name.replace(/[^\w. -]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, '_')}`;
}
