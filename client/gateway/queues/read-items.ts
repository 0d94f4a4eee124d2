// Reads the items of a call: JSON Lines, an array, or an object that says more. All become lines of one form.

import { isUtf8 } from 'node:buffer';
import type { Context } from 'hono';
import { z } from 'zod';
import { flushItemsMax } from '../../../domain/queue/state.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv } from '../parts.ts';
import { decodeText, parseJson } from '../read-body.ts';

export interface GivenItems {
  /** One item a line, each with a line break. */
  readonly lines: Buffer;
  readonly count: number;
  /** The caller's number of each line, from 1; null if they are the same. */
  readonly numbers: readonly number[] | null;
  readonly isUrgent: boolean;
  /** Opens the queue if it is not open. Undefined: it must be open. */
  readonly queue: Readonly<Record<string, unknown>> | undefined;
}

export const itemsForm = z.strictObject({
  items: z.array(z.unknown()),
  urgent: z.boolean().optional(),
  queue: z.record(z.string(), z.unknown()).optional(),
});
const jsonLinesType = /^application\/(x-ndjson|jsonl|x-jsonlines)\b/i;

export function readItems({ req }: Context<GatewayEnv>, body: Buffer): GivenItems {
  const isUrgent = readUrgent(req.query('urgent'));
  if (jsonLinesType.test(req.header('content-type') ?? '')) return { ...readLines(body), isUrgent, queue: undefined };
  const given = parseJson(decodeText(body));
  const parsed = itemsForm.safeParse(Array.isArray(given) ? { items: given } : given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new GatewayError('bad_request', `${field === '' ? 'the body' : field}: ${issue?.message}`, { field });
  }
  const { items, urgent = isUrgent, queue } = parsed.data;
  return { ...requireCount({ lines: writeLines(items), count: items.length, numbers: null }), isUrgent: urgent, queue };
}

function readUrgent(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new GatewayError('bad_request', 'urgent: must be true or false', { field: 'urgent' });
}

type Lines = Pick<GivenItems, 'lines' | 'count' | 'numbers'>;

const writeLines = (items: readonly unknown[]): Buffer =>
  Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''));

const newline = 0x0a;
const byteOrderMark = Buffer.from('\ufeff');

/** The lines are not parsed: the queue checks each, and names those that it refuses. Blank lines are left out. */
function readLines(body: Buffer): Lines {
  // A broken character could take the line break behind it along.
  if (!isUtf8(body)) throw new GatewayError('bad_request', 'the body is not UTF-8');
  const text = body.subarray(0, byteOrderMark.length).equals(byteOrderMark)
    ? body.subarray(byteOrderMark.length)
    : body;
  const found: Buffer[] = [];
  const numbers: number[] = [];
  for (let from = 0, number = 1; from < text.length; number += 1) {
    const at = text.indexOf(newline, from);
    const end = at === -1 ? text.length : at;
    if (!isBlank(text, from, end)) {
      found.push(text.subarray(from, end));
      numbers.push(number);
    }
    from = end + 1;
  }
  const isWhole = numbers.at(-1) === numbers.length && text.at(-1) === newline;
  const lines = isWhole ? text : Buffer.concat(found.flatMap((line) => [line, Buffer.of(newline)]));
  return requireCount({ lines, count: found.length, numbers });
}

function isBlank(text: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if ((text[at] ?? 0) > 0x20) return false;
  return true;
}

function requireCount(lines: Lines): Lines {
  if (lines.count === 0) throw new GatewayError('bad_request', 'there are no items', { field: 'items' });
  if (lines.count > flushItemsMax) {
    throw new GatewayError('too_large', `${lines.count} items, of ${flushItemsMax} a call may have: split them`);
  }
  return lines;
}
