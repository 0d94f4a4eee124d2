// Lines of items and of answers on disk: the only place that knows where a key differs from its name in the code.

import type { AnswerLine, ItemLine } from '../../domain/outcome/outcome.ts';

/** The key is older than the name `flawedAttempts`, and folders written with it must stay readable. */
interface StoredLine extends Omit<ItemLine, 'flawedAttempts'> {
  readonly semantic?: number;
}

/** Joined as text, because one line is written for each row. */
export function formatItemLine(
  { row, id, key, flawedAttempts }: Omit<ItemLine, 'customId'>,
  customId: ItemLine['customId'],
): string {
  const flawed = flawedAttempts === undefined ? '' : `,"semantic":${flawedAttempts}`;
  return `{"row":${row},"id":${JSON.stringify(id)},"key":"${key}","customId":"${customId}"${flawed}}`;
}

/** An answer's line begins like its item's line. */
export function parseItemLine(text: string): ItemLine | AnswerLine {
  const stored: StoredLine = JSON.parse(text);
  if (stored.semantic === undefined) return stored;
  const { semantic: flawedAttempts, ...line } = stored;
  return { ...line, flawedAttempts };
}
