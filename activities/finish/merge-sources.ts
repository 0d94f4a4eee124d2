// Goes through the answers of all waves row by row. A row whose first attempt answered it is copied together with its neighbours; of any other row,
// the attempts are parsed and become one line.

import { cancellationSignal } from '@temporalio/activity';
import { isPending, type MaybePromise } from '../../domain/maybe-promise.ts';
import {
  type AnsweredAttempt,
  buildResult,
  buildUnsentResult,
  formatResult,
  joinFirstAnswer,
  makeDoubtful,
  type ResultLine,
  type WrittenResult,
} from '../../domain/outcome/merge.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';
import type { RowAttempts } from '../../job-folder/answers.ts';
import type { AnswerSource, Run } from './answer-source.ts';
import type { SharedRows } from './shared-rows.ts';

export interface MergeTarget {
  readonly shared: SharedRows;
  readonly unsentReason: ItemReason;
  readonly results: {
    put(result: WrittenResult): Promise<void>;
    putRun(run: Run): MaybePromise<void>;
  };
}

/** The sources are in the order of their waves. */
export async function mergeSources(
  sources: readonly AnswerSource[],
  { shared, unsentReason, results }: MergeTarget,
): Promise<void> {
  const signal = cancellationSignal();
  const put = (result: WrittenResult): Promise<void> => results.put(result);
  for (;;) {
    for (const source of sources) {
      const settled = source.settle();
      if (isPending(settled)) await settled;
    }
    const { row, owners, next } = findLowest(sources);
    const [first, ...others] = owners;
    if (first === undefined) break;
    signal.throwIfAborted();
    if (shared.isDue(row)) await shared.putBefore(row, put);
    if (others.length === 0 && first.isResult && !shared.earlier.has(row)) {
      const written = results.putRun(first.takeRun(Math.min(next, shared.nextRow), shared.earlier));
      if (isPending(written)) await written;
      continue;
    }
    const result = mergeRow([first.readAttempt(), ...others.map((source) => source.readAttempt())], unsentReason);
    for (const source of owners) source.skip();
    shared.keep(result);
    await put(result);
  }
  await shared.putBefore(Number.POSITIVE_INFINITY, put);
}

interface Lowest {
  readonly row: number;
  readonly owners: readonly AnswerSource[];
  /** The lowest row of the other sources. */
  readonly next: number;
}

function findLowest(sources: readonly AnswerSource[]): Lowest {
  let [row, next] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let owners: AnswerSource[] = [];
  for (const source of sources) {
    if (source.row === Number.POSITIVE_INFINITY) continue;
    if (source.row < row) {
      [row, next, owners] = [source.row, row, [source]];
    } else if (source.row === row) {
      owners.push(source);
    } else {
      next = Math.min(next, source.row);
    }
  }
  return { row, owners, next };
}

function mergeRow(attempts: RowAttempts, unsentReason: ItemReason): WrittenResult {
  const [{ line, tally }, more] = attempts;
  // Earlier versions wrote answers in another form.
  const usual = more === undefined && tally !== null ? joinFirstAnswer(line, tally.lane, tally.batchId) : null;
  return usual ?? formatResult(mergeAttempts(attempts, unsentReason));
}

/** Batches without a tally have items and no answers: they were never sent, or their result is not known. */
function mergeAttempts(attempts: RowAttempts, unsentReason: ItemReason): ResultLine {
  const answered = attempts.flatMap(({ item, answer, entry, tally, sent }): AnsweredAttempt[] => {
    const lane = entry?.lane ?? 'batch';
    if (answer !== null) return [{ answer, lane, batchId: tally?.batchId ?? null }];
    return sent === null ? [] : [{ answer: makeDoubtful(item), lane, batchId: sent.batchId }];
  });
  const [first, ...more] = answered;
  return first === undefined ? buildUnsentResult(attempts[0].item, unsentReason) : buildResult([first, ...more]);
}
