// Reads a limit of output tokens from a request's body, which may still be a template.

import type { OutputLimit } from '../../domain/money/output-limit.ts';
import { asNumber } from '../json-fields.ts';

export function readLimit(value: unknown): OutputLimit['tokens'] {
  if (value === undefined || value === null) return 'unlimited';
  return asNumber(value) ?? 'unread';
}
