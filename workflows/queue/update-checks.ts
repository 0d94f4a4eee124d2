// The validators of a queue's updates. A refused update writes nothing to history.

import { ApplicationFailure } from '@temporalio/common';
import { inlineBytesMax, inlineItemsMax, type QueueMode } from '../../domain/queue/state.ts';
import { check, readFields } from '../update-fields.ts';

const refuse = (message: string): never => {
  throw ApplicationFailure.nonRetryable(message, 'invalid_update');
};

const addShape = '{"items": [an object, …]} or {"uri": "a file of the store"}, and "urgent": true or false';

export function checkAdd(input: unknown): void {
  const { items, uri, urgent, refusals } = readFields(input, ['items', 'uri', 'urgent', 'refusals'], addShape);
  check((items === undefined) !== (uri === undefined), addShape);
  check(uri === undefined || (typeof uri === 'string' && uri !== ''), addShape);
  check(refusals === undefined || (typeof refusals === 'string' && refusals !== '' && uri !== undefined), addShape);
  check(urgent === undefined || typeof urgent === 'boolean', addShape);
  if (Array.isArray(items) && items.length > 0) checkSize(items);
  else check(items === undefined, addShape);
}

function checkSize(items: readonly unknown[]): void {
  const way = 'write them to a file of the store and give its `uri`';
  if (items.length > inlineItemsMax) refuse(`${items.length} items; at most ${inlineItemsMax} by hand: ${way}`);
  const size = countBytes(JSON.stringify(items));
  if (size > inlineBytesMax) refuse(`${size} bytes; at most ${inlineBytesMax} by hand: ${way}`);
}

/** As UTF-8. JSON has no half of a surrogate pair, and both halves together have four bytes. */
function countBytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

export function checkId(input: unknown): void {
  const shape = '{"id": the id of an item}';
  const { id } = readFields(input, ['id'], shape);
  check(typeof id === 'string' || typeof id === 'number', shape);
}

export function checkFlush(input: unknown): void {
  const shape = '{"flush": the number of a failed flush}';
  check(Number.isInteger(readFields(input, ['flush'], shape).flush), shape);
}

export function mustTakeItems(mode: QueueMode, isClosing: boolean): void {
  if (isClosing) throw ApplicationFailure.create({ message: continuing, type: 'try_again' });
  if (mode === 'draining') refuse(draining);
}

/** A queue that is resumed after its pause takes items: nobody would know that it was to end. */
export function mustNotDrain(mode: QueueMode): void {
  if (mode === 'draining') refuse('the queue is being drained: resume it first, and it takes items again');
}

const continuing = 'the queue continues as a new run: try again';
const draining = 'the queue is being drained and takes nothing more: add to it again when it has ended';
