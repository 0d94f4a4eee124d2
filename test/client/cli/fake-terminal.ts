// A terminal or a log that only records, and the status of a job to show on it.

import { Writable } from 'node:stream';
import type { JobStatus } from '../../../domain/progress/status.ts';

export const jobStatus: JobStatus = {
  phase: 'running',
  pause: null,
  pauses: [],
  wave: 1,
  waveKind: 'first',
  rows: { accepted: 2000, refused: 3, duplicates: 0, carriedOver: 0 },
  items: { answered: 500, underWay: 990, notStarted: 500, toRetry: 0, failed: 10, byReason: { truncated: 10 } },
  batches: { planned: 20, notStarted: 5, open: 10, done: 5, byStage: { running: 10, done: 5 } },
  progress: 0.25,
  capacity: [],
  tokens: { input: 12_345, output: 678 },
  costUsd: 0.25,
  estimateUsd: 1,
  budgetUsd: null,
  concurrency: 10,
  // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
  deadline: { batchMs: 20 * 3_600_000, jobMs: null, then: 'fallback' },
  retryReasons: null,
  lastFault: null,
  startedAt: 0,
  estimatedEndAt: 3_600_000,
  nextLookAt: 90_000,
  alerts: [],
  output: 'runs/tickets/',
};

export interface RecordingStream {
  readonly stream: NodeJS.WriteStream;
  /** Everything that was written, as it was written. */
  readonly text: () => string;
}

export function recordingStream({
  isTTY,
  columns = 120,
}: {
  readonly isTTY: boolean;
  readonly columns?: number;
}): RecordingStream {
  let written = '';
  const recorder = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  const asTerminal = { isTTY, columns, rows: 40, fd: 2 };
  return { stream: Object.assign(recorder, asTerminal) as unknown as NodeJS.WriteStream, text: () => written };
}
