// The kinds of values that a job's fields have: texts, names, counts, money, durations and paths, each with its limits.

import { z } from 'zod';
import { durationPattern, formatDuration, parseDuration } from '../../domain/duration.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { pathProblem } from '../path.ts';

export type JsonObject = { [name: string]: Json };

/** No batch, job or wait takes longer: a longer duration is a mistake. */
const durationMsMax = 366 * 24 * 3_600_000;
const durationWanted = 'must be a duration as text, e.g. "90s", "15m" or "1h30m"';

export const text = () => z.string().min(1);
/** Temporal's fairness keys have at most 64 bytes. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const nameWanted = 'a name of at most 64 letters, digits, dots, dashes and underscores';
export const name = () => z.string().regex(namePattern, { error: `must be ${nameWanted}` });
export const count = () => z.number().int().min(1);
export const usd = () => z.number().min(0);

/** Text with its unit, parsed to milliseconds: a bare number would not say whether it means seconds. */
export const duration = (shortestMs: number) =>
  z
    .string({ error: durationWanted })
    .regex(new RegExp(durationPattern), { error: durationWanted })
    .transform((value) => parseDuration(value) ?? 0)
    .refine((ms) => ms >= shortestMs, { error: `must be at least ${formatDuration(shortestMs)}` })
    .refine((ms) => ms <= durationMsMax, { error: `must be at most ${formatDuration(durationMsMax)}` });

export const path = () =>
  z.string().superRefine((value, { addIssue }) => {
    const problem = pathProblem(value);
    if (problem !== null) addIssue(problem);
  });

/** A path that does not depend on the day. */
export const fixedPath = () =>
  path().refine((value) => !value.includes('{date}'), {
    error: 'must be a plain path: {date} is filled in in `dataset` and `output` only',
  });

/** The input is already JSON, so only its kind is checked. */
export const jsonObject = () =>
  z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be an object',
  });
