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

  /** Whether it passes by itself. */
  get passes(): boolean {
    return passing.has(this.code);
  }
}

const passing: ReadonlySet<string> = new Set([
  'unreachable',
  'unavailable',
  'no_worker',
  'draining',
  'too_many_requests',
]);

export const isCode = (error: unknown, code: Refusal['code']): boolean =>
  error instanceof Refusal && error.code === code;

export const readToken = (): string | null => sessionStorage.getItem(tokenKey);

/** Null forgets it. */
export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(tokenKey);
  else sessionStorage.setItem(tokenKey, token);
}

/** Throws a `Refusal`. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = readToken();
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new Refusal('unreachable', 'The gateway does not answer: it may be started again, or the network is down');
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

/** As a sentence. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Resolves early if the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

const firstPauseMs = 1000;
const pauseMsMax = 30_000;

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Called when the stream was cut; it is opened again. */
  onCut(): void;
}

/** Follows a job from its latest results until it ends, over cuts. Throws a `Refusal` that does not pass by itself. */
export async function* followEvents(id: string, { signal, onCut }: FollowOptions): AsyncGenerator<ServerEvent> {
  let last = 'latest';
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMsMax, pauseMs * 2)) {
    try {
      const response = await request(`${pathOf(id)}/events`, { headers: { 'last-event-id': last }, signal });
      for await (const event of readEvents(response)) {
        pauseMs = firstPauseMs;
        last = event.id ?? last;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && !error.passes) throw error;
    }
    onCut();
    await pause(pauseMs, signal);
  }
}
