// Calls to addresses that a vendor has signed, mostly of an object store: the signature is in the address, so the account's key is not sent.

import type { Fault } from '../../domain/batch/backoff.ts';
import type { Context, RequestFile } from '../provider.ts';
import { callProvider } from './call.ts';
import { type Caller, plainFault, unreadableReply } from './fault.ts';
import { fileBody, noRedirect } from './file-body.ts';
import { replyBytes } from './reply-bytes.ts';

const nothing = Buffer.alloc(0);
const newline = 0x0a;

export interface SignedUrl {
  readonly url: string;
  /** The API's own address: only if it is a plain one, a signed one may be. */
  readonly baseUrl: string;
}

/** A refusal may pass: the signature may have run out, and the next attempt has another. It is tried a bounded number of times. */
export async function putSigned(caller: Caller, signed: SignedUrl, file: RequestFile, ctx: Context): Promise<void> {
  const body = ReadableStream.from(await fileBody(file, { before: nothing, after: nothing }, ctx));
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(file.bytes) };
  const reply = await request(caller, signed, { method: 'PUT', body, headers, duplex: 'half' }, ctx);
  await reply.body?.cancel();
  if (!reply.ok) throw plainFault(caller.name, reply.status === 413 ? 'too_large' : faultOf(reply, 'not_ready'));
}

/** The bytes of several files, one after the other. Whether these are all the files there are, nobody says: so it never says that all came. */
export async function* signedFiles(
  caller: Caller,
  urls: readonly string[],
  baseUrl: string,
  ctx: Context,
): AsyncGenerator<Uint8Array, null> {
  if (urls.length === 0) throw plainFault(caller.name, 'not_ready');
  let last = newline;
  for (const url of urls) {
    if (last !== newline) yield Buffer.from('\n');
    const reply = await getSigned(caller, { url, baseUrl }, ctx);
    for await (const chunk of replyBytes(caller, reply, ctx)) {
      last = chunk.at(-1) ?? last;
      yield chunk;
    }
  }
  return null;
}

async function getSigned(caller: Caller, signed: SignedUrl, ctx: Context): Promise<Response> {
  const reply = await request(caller, signed, {}, ctx);
  if (reply.ok) return reply;
  await reply.body?.cancel();
  throw plainFault(caller.name, faultOf(reply, 'not_ready'));
}

const faultOf = ({ status }: Response, refused: Fault): Fault => (status >= 500 ? 'server_error' : refused);

async function request(caller: Caller, { url, baseUrl }: SignedUrl, init: RequestInit, { signal }: Context) {
  const { protocol } = URL.parse(url) ?? {};
  if (protocol !== 'https:' && protocol !== new URL(baseUrl).protocol) throw unreadableReply(caller.name, 'read');
  return callProvider(caller, 'read', () => fetch(url, { ...init, ...noRedirect, signal }));
}
