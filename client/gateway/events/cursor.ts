// The id of an event: which answer of which collected batch or chunk. A reader sends the last one that it has seen, and continues after it.

import { type CollectedPage, findNumberingRun } from '../../../domain/progress/collected.ts';

export interface Cursor {
  /** The run that gave the number: after a reset, the same number may mean something else. */
  readonly run: string;
  /** The number of the batch or chunk. */
  readonly number: number;
  /** The line in the batch's answers, from 1; 0 is the batch or chunk itself. */
  readonly line: number;
}

/** After the last event. */
export const endOfEvents = 'end';
/** For a reader that wants only what is new: begins with the results of the batch that was collected last. */
export const latestEvents = 'latest';

const form = /^([0-9a-f-]{36})\.(\d{1,9})\.(\d{1,12})$/;

export const formatCursor = ({ run, number, line }: Cursor): string => `${run}.${number}.${line}`;

/** Null if it is not an id that a gateway has given. */
export function parseCursor(text: string): Cursor | null {
  const [, run, number, line] = form.exec(text) ?? [];
  return run === undefined ? null : { run, number: Number(number), line: Number(line) };
}

/** Whether the job still has the event: not after a reset, and not if the id was used for another job. */
export const isKnown = ({ run, number }: Cursor, page: CollectedPage): boolean =>
  findNumberingRun(page, number) === run;
