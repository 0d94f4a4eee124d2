// Sends a message to its receiver, once, and says what came of it.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { cancellationSignal } from '@temporalio/activity';
import type { Attempted } from '../../domain/webhook/attempts.ts';
import type { WebhookMessage } from '../../domain/webhook/message.ts';
import type { ActivityDeps } from '../deps.ts';
import { chooseAddress, NotReached, type ResolvedAddress } from './receiver.ts';
import { signMessage } from './sign.ts';

/** From the connection to the head of the receiver's answer, however slowly it comes. */
const callMsMax = 15_000;

/** A receiver that has taken a message may get it again: if its answer was lost, it is sent again under the same id. */
export async function postWebhook(
  { webhooks, now }: Pick<ActivityDeps, 'webhooks' | 'now'>,
  message: WebhookMessage,
  callMs = callMsMax,
): Promise<Attempted> {
  const url = new URL(message.url);
  try {
    if (webhooks.secrets.length === 0) throw new NotReached('the worker has no secret to sign with');
    const address = await chooseAddress(url, webhooks.resolve, webhooks.allowedHosts);
    const seconds = Math.floor(now() / 1000);
    const answer = await post(url, address, {
      body: message.body,
      callMs,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(message.body)),
        'user-agent': 'nightshift',
        'webhook-id': message.id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signMessage(webhooks.secrets, { id: message.id, seconds, body: message.body }),
      },
    });
    return judge(answer, now());
  } catch (error) {
    if (!(error instanceof NotReached)) throw error;
    return { kind: 'again', why: error.message, afterMs: null };
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** A redirect is not followed: it could lead into a private network, or to somebody else. */
function judge({ status, retryAfter }: Answer, now: number): Attempted {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const why = `the receiver answered ${status}`;
  if (status === 410) return { kind: 'gone', why: `${why}: it wants no more messages` };
  return { kind: 'again', why, afterMs: readRetryAfter(retryAfter, now) };
}

/** Seconds, or a date. Null if it asks for no wait. */
function readRetryAfter(text = '', now: number): number | null {
  const seconds = Number(text);
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - now : 1000 * seconds;
  return waitMs > 0 && Number.isFinite(waitMs) ? waitMs : null;
}

interface Call {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly callMs: number;
}

/** Reads nothing of the answer but its head. */
function post(url: URL, { address, family }: ResolvedAddress, { body, headers, callMs }: Call): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callMs)]);
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    headers,
    signal,
    agent: false,
    // The name is not looked up again: the address was checked.
    lookup: (_host, { all }, callback) =>
      all === true ? callback(null, [{ address, family }]) : callback(null, address, family),
  });
  request.on('response', (response) => {
    resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
    response.destroy();
  });
  // Without this, nothing would ever say that such an answer came.
  request.on('upgrade', ({ statusCode = 0 }, socket) => {
    socket.destroy();
    resolve({ status: statusCode, retryAfter: undefined });
  });
  request.on('error', (error) => {
    reject(new NotReached(signal.aborted ? `no answer within ${callMs / 1000} s` : describeFault(error)));
  });
  request.end(body);
  return promise;
}

/** The code says whether it is the network, the receiver's certificate or something else. It has nothing of what the receiver sent. */
const describeFault = ({ code }: NodeJS.ErrnoException): string =>
  code === undefined ? 'it cannot be reached' : `it cannot be reached (${code})`;
