// Shows the progress of a followed job: bars on a terminal, one line per change in a log.

import { MultiBar, type SingleBar } from 'cli-progress';
import { formatDuration } from '../../domain/duration.ts';
import type { JobStatus } from '../../domain/progress/status.ts';
import { describePaid, number, progressLine, usd } from './print-job.ts';

export interface Progress {
  readonly show: (status: JobStatus) => void;
  /** Prints a message above the bars. */
  readonly say: (text: string) => void;
  readonly stop: () => void;
}

export function progressOn(stream: NodeJS.WriteStream, now = Date.now): Progress {
  return stream.isTTY ? bars(stream, now) : lines(stream);
}

function lines(stream: NodeJS.WriteStream): Progress {
  const say = (text: string): void => void stream.write(`${text}\n`);
  let shown = '';
  return {
    show(status) {
      const line = progressLine(status);
      // Much of a status changes every second without changing this line.
      if (line !== shown) say(line);
      shown = line;
    },
    say,
    stop: () => undefined,
  };
}

/** A name, a bar of this many columns at least, a share, and the spaces between them take 22 columns. */
const barMin = 8;
const barMax = 30;
const otherColumns = 14;
/** Most texts are shorter. */
const textColumns = 55;
const tickMs = 1000;

function bars(stream: NodeJS.WriteStream, now: () => number): Progress {
  const barsize = Math.min(barMax, Math.max(barMin, stream.columns - textColumns - otherColumns));
  const shorten = (text: string): string => cutText(text, stream.columns - barsize - otherColumns);
  const multi = new MultiBar({
    stream,
    format: '{name} {bar} {percentage}% {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize,
    // Without this, an unchanged bar is not redrawn after a message has pushed it down.
    forceRedraw: true,
    hideCursor: true,
    clearOnComplete: false,
    emptyOnZero: true,
    autopadding: true,
  });
  const add = (name: string, format?: string): SingleBar =>
    multi.create(1, 0, { name: name.padEnd(7), text: '' }, format === undefined ? {} : { format });
  const [rows, batches, cost, time] = [add('rows'), add('batches'), add('cost'), add('time', '{name} {text}')];
  const said = new Set<string>();
  let last: JobStatus | null = null;
  // The time passes even if nothing else changes.
  const showTime = (): void => {
    if (last !== null) time.update({ text: describeTime(last, now()) });
  };
  const ticks = setInterval(showTime, tickMs).unref();
  return {
    show(status) {
      last = status;
      // In thousandths, because answers that are not collected yet count too.
      set(rows, 1000 * status.progress, 1000, shorten(describeRows(status)));
      set(batches, status.batches.done, status.batches.planned, shorten(describeBatches(status, now())));
      setCost(cost, status);
      showTime();
      for (const alert of [...status.alerts, ...(status.pause === null ? [] : [`paused: ${status.pause.note}`])]) {
        if (!said.has(alert)) multi.log(`${alert}\n`);
        said.add(alert);
      }
      multi.update();
    },
    say(text) {
      multi.log(`${text}\n`);
      multi.update();
    },
    stop() {
      clearInterval(ticks);
      multi.stop();
    },
  };
}

const cutText = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

function set(bar: SingleBar, done: number, total: number, text: string): void {
  bar.setTotal(total);
  bar.update(Math.min(done, total), { text });
}

/** Rows that the provider has finished in a batch that still runs are counted as it counts them. */
function describeRows({ rows, items, progress }: JobStatus): string {
  const accepted = rows.accepted + rows.carriedOver;
  const atProvider = Math.round(progress * accepted) - items.answered - items.failed;
  return [
    `${number(items.answered)} of ${number(accepted)} answered`,
    ...(atProvider > 0 ? [`${number(atProvider)} done at the provider`] : []),
    ...(items.failed > 0 ? [`${number(items.failed)} failed`] : []),
  ].join(', ');
}

function describeBatches({ batches, nextLookAt, phase }: JobStatus, now: number): string {
  const states = Object.entries(batches.byStage).filter(([state]) => state !== 'done');
  const poll = nextLookAt === null ? [] : [`next poll in ${formatDuration(Math.max(0, nextLookAt - now))}`];
  const parts = [
    ...(phase === 'running' ? [] : [phase.replace('_', ' ')]),
    ...states.map(([state, count]) => `${number(count)} ${state}`),
    ...(batches.notStarted > 0 ? [`${number(batches.notStarted)} not started`] : []),
    ...poll,
  ];
  return parts.length === 0 ? `${number(batches.done)} done` : parts.join(', ');
}

/** The bar is full at the budget or, without one, at the plan's estimate. */
function setCost(bar: SingleBar, status: JobStatus): void {
  const { costUsd, estimateUsd, budgetUsd } = status;
  const whole = budgetUsd ?? estimateUsd;
  if (whole === null) {
    set(bar, 0, 1, 'no estimate is known');
    return;
  }
  set(
    bar,
    costUsd ?? 0,
    whole,
    `${describePaid(status)} of ${usd(whole)} ${budgetUsd === null ? 'estimated' : 'budget'}`,
  );
}

function describeTime({ startedAt, estimatedEndAt }: JobStatus, now: number): string {
  const elapsed = `${formatDuration(Math.max(1000, now - startedAt))} elapsed`;
  if (estimatedEndAt === null) return elapsed;
  return `${elapsed}, ends in about ${formatDuration(Math.max(0, estimatedEndAt - now))}`;
}
