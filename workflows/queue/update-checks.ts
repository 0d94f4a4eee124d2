// The validators of a queue's updates. A refused update writes nothing to history.

import { ApplicationFailure } from '@temporalio/common';
import type { RowId } from '../../domain/ids.ts';
import { inlineBytesMax, inlineItemsMax, type QueueMode } from '../../domain/queue/state.ts';

const refuse = (message: string): never => {
  throw ApplicationFailure.nonRetryable(message, 'invalid_update');
};

const isFields = (input: unknown): input is Record<string, unknown> =>
  typeof input === 'object' && input !== null && !Array.isArray(input);

const addShape = '{"items": [an object, …]} or {"uri": "a file of the store"}, and "urgent": true or false';

export function checkAdd(input: unknown): void {
  if (!isAdd(input)) {
    refuse(`expected ${addShape}`);
  } else if (Array.isArray(input.items)) {
    checkSize(input.items);
  }
}

function isAdd(input: unknown): input is Record<string, unknown> {
  if (!isFields(input)) return false;
  const { items, uri, urgent, ...others } = input;
  const isOne = (items === undefined) !== (uri === undefined);
  const areItems = items === undefined || (Array.isArray(items) && items.length > 0);
  const isUri = uri === undefined || (typeof uri === 'string' && uri !== '');
  const isUrgent = urgent === undefined || typeof urgent === 'boolean';
  return Object.keys(others).length === 0 && isOne && areItems && isUri && isUrgent;
}

function checkSize(items: readonly unknown[]): void {
  const way = 'write them to a file of the store and give its `uri`';
  if (items.length > inlineItemsMax) refuse(`${items.length} items; at most ${inlineItemsMax} by hand: ${way}`);
  // Characters: bytes cannot be counted here, and no text has fewer bytes than characters.
  const size = JSON.stringify(items).length;
  if (size > inlineBytesMax) refuse(`${size} bytes; at most ${inlineBytesMax} by hand: ${way}`);
}

export function checkId(input: unknown): void {
  const id: RowId | unknown = isFields(input) ? input.id : undefined;
  if (typeof id !== 'string' && typeof id !== 'number') refuse('expected {"id": the id of an item}');
}

export function checkFlush(input: unknown): void {
  const flush = isFields(input) ? input.flush : undefined;
  if (!Number.isInteger(flush)) refuse('expected {"flush": the number of a failed flush}');
}

export function mustTakeItems(mode: QueueMode, isClosing: boolean): void {
  if (isClosing) throw ApplicationFailure.create({ message: continuing, type: 'try_again' });
  if (mode === 'draining') refuse(draining);
}

const continuing = 'the queue continues as a new run: try again';
const draining = 'the queue is being drained and takes nothing more: add to it again when it has ended';
