// A span of the emulator's time, counted from when its option was set.
import { z } from 'zod';

const ms = z.number().min(0);

/** Without `forMs` it lasts until it is switched off. */
export const spanFields = { fromMs: ms.default(0), forMs: ms.optional() };

export interface Span {
  fromMs: number;
  forMs?: number | undefined;
}

export function isDuring({ fromMs, forMs }: Span, sinceMs: number, atMs: number): boolean {
  const beginsAtMs = sinceMs + fromMs;
  return atMs >= beginsAtMs && (forMs === undefined || atMs < beginsAtMs + forMs);
}
