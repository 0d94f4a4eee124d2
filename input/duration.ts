// A duration in a job file: text with its unit, so that nobody has to know whether a bare number means seconds.

import { z } from 'zod';
import { durationPattern, formatDuration, parseDuration } from '../domain/duration.ts';

/** Longer than any batch, job or wait there can be: beyond it is a slip of the pen. */
const longestMs = 366 * 24 * 3_600_000;
const wanted = 'must be a duration as text, e.g. "90s", "15m" or "1h30m"';

/** Parses to milliseconds. */
export function duration(shortestMs: number) {
  return z
    .string({ error: wanted })
    .regex(new RegExp(durationPattern), { error: wanted })
    .transform((text) => parseDuration(text) ?? 0)
    .refine((ms) => ms >= shortestMs, { error: `must be at least ${formatDuration(shortestMs)}` })
    .refine((ms) => ms <= longestMs, { error: `must be at most ${formatDuration(longestMs)}` });
}
