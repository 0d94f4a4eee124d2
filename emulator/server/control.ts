// A typed client for the control calls, for tests that run against an emulator in this or another process.
import type { BarrierInput, BarrierState } from '../faults/barriers.ts';
import type { Options, OptionsPatch } from '../faults/options.ts';
import type { Counts, ItemFates } from '../world/counts.ts';
import type { JournalEntry } from '../world/journal.ts';
import type { RouteName } from './routes.ts';

export type { BarrierInput, BarrierState, Counts, ItemFates, JournalEntry, Options, OptionsPatch, RouteName };

export type ClockChange = { advanceMs: number } | { nowMs: number };

/** Much longer than any call takes on a busy machine, and shorter than a test may take. */
const waitMsDefault = 90_000;

/** `url` is the emulator's own, without `/_control`. */
export function createControl(url: string) {
  return {
    options: () => call<Options>(url, 'GET', 'options'),
    setOptions: (patch: OptionsPatch) => call<Options>(url, 'PATCH', 'options', patch),
    barrier: (barrier: BarrierInput) => call<BarrierState>(url, 'POST', 'barriers', barrier),
    barrierState: (name: string) => call<BarrierState>(url, 'GET', `barriers/${encodeURIComponent(name)}`),
    /** Resolves once the barrier holds a request; rejects if none came in time. */
    async waitHit(name: string, limitMs = waitMsDefault): Promise<BarrierState> {
      const state = await call<BarrierState>(url, 'GET', `barriers/${encodeURIComponent(name)}/wait?ms=${limitMs}`);
      if (!state.hit) throw new Error(`no request reached barrier ${name} within ${limitMs} ms`);
      return state;
    },
    release: (name: string) => call<BarrierState>(url, 'POST', `barriers/${encodeURIComponent(name)}/release`),
    counts: () => call<Counts>(url, 'GET', 'counts'),
    items: () => call<ItemFates>(url, 'GET', 'items'),
    reset: () => call<object>(url, 'POST', 'reset'),
    clock: (change: ClockChange) => call<{ nowMs: number }>(url, 'POST', 'clock', change),
    now: () => call<{ nowMs: number }>(url, 'GET', 'clock'),
    requests: (route?: RouteName) =>
      call<JournalEntry[]>(url, 'GET', route === undefined ? 'requests' : `requests?route=${route}`),
  };
}

async function call<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const init = { method, headers: { 'content-type': 'application/json' } };
  const response = await fetch(
    `${url}/_control/${path}`,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`emulator control ${method} ${path}: ${response.status} ${text}`);
  // Both ends are this folder's own code, compiled together.
  return JSON.parse(text) as T;
}
