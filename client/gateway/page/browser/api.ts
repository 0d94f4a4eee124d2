// Asks the gateway, with the token of the person who looks. The token is kept for this tab alone.

import type { GatewayErrorCode } from '../../errors.ts';
import { readEvents, type ServerEvent } from './server-events.ts';

const tokenKey = 'nightshift-token';

export interface Me {
  readonly tenant: string | null;
  readonly scopes: readonly string[];
}

export class Refusal extends Error {
  readonly code: GatewayErrorCode | 'unreachable';

  constructor(code: GatewayErrorCode | 'unreachable', message: string) {
    super(message);
    this.code = code;
  }
}

export const hasToken = (): boolean => sessionStorage.getItem(tokenKey) !== null;

/** Null forgets it. */
export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(tokenKey);
  else sessionStorage.setItem(tokenKey, token);
}

/** Throws a `Refusal`. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = sessionStorage.getItem(tokenKey);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new Refusal('unreachable', 'the gateway does not answer');
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  const { code = 'unavailable', message = `the gateway answers ${response.status}` } = body?.error ?? {};
  if (code === 'unauthorized') dispatchEvent(new Event('unauthorized'));
  throw new Refusal(code, message);
}

export const ask = async <Answer>(path: string, init?: RequestInit): Promise<Answer> =>
  (await request(path, init)).json();

export const post = <Answer>(path: string, body: unknown): Promise<Answer> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export const pathOf = (id: string): string => `/api/jobs/${encodeURIComponent(id)}`;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const firstPauseMs = 1000;
const pauseMsMax = 30_000;

export interface FollowOptions {
  /** The id of the last event that is known; empty begins with the first. */
  readonly after: string;
  readonly withItems: boolean;
  readonly signal: AbortSignal;
  /** Called when the stream was cut, and is opened again. */
  onCut(): void;
}

/** Follows a job until it ends, over cuts. Throws a `Refusal` that does not pass by itself. */
export async function* followEvents(
  id: string,
  { after, withItems, signal, onCut }: FollowOptions,
): AsyncGenerator<ServerEvent> {
  let last = after;
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMsMax, pauseMs * 2)) {
    try {
      const headers = { 'last-event-id': last };
      const response = await request(`${pathOf(id)}/events?items=${withItems}`, { headers, signal });
      for await (const event of readEvents(response)) {
        pauseMs = firstPauseMs;
        last = event.id ?? last;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && !passes(error)) throw error;
    }
    onCut();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const passing: ReadonlySet<string> = new Set([
  'unreachable',
  'unavailable',
  'no_worker',
  'draining',
  'too_many_requests',
]);
const passes = ({ code }: Refusal): boolean => passing.has(code);
