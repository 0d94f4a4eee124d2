// Shows the progress of a followed job: bars on a terminal, one line per change in a log.

import { MultiBar, type SingleBar } from 'cli-progress';
import type { JobStatus } from '../../domain/progress/status.ts';
import { describeCost, number, progressLine, usd } from './print-job.ts';

export interface Progress {
  readonly show: (status: JobStatus) => void;
  /** Prints a message above the bars. */
  readonly say: (text: string) => void;
  readonly stop: () => void;
}

export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bars(stream) : lines(stream);
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

function bars(stream: NodeJS.WriteStream): Progress {
  const multi = new MultiBar({
    stream,
    format: '{name} {bar} {percentage}%  {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    // The text beside a bar takes about 60 columns.
    barsize: Math.min(30, Math.max(10, stream.columns - 65)),
    // Without this, an unchanged bar is not redrawn after a message has pushed it down.
    forceRedraw: true,
    hideCursor: true,
    clearOnComplete: false,
    emptyOnZero: true,
    autopadding: true,
  });
  const bar = (name: string): SingleBar => multi.create(1, 0, { name: name.padEnd(7), text: '' });
  const items = bar('items');
  const batches = bar('batches');
  const cost = bar('cost');
  const said = new Set<string>();
  return {
    show(status) {
      const { items: of, batches: all, rows, wave, phase, pause } = status;
      const accepted = rows.accepted + rows.carriedOver;
      set(items, of.answered, accepted, `${number(of.answered)} of ${number(accepted)}, ${number(of.failed)} failed`);
      const where = `wave ${wave}, ${phase.replace('_', ' ')}`;
      set(batches, all.done, all.planned, `${number(all.done)} of ${number(all.planned)}, ${where}`);
      setCost(cost, status);
      for (const alert of [...status.alerts, ...(pause === null ? [] : [`paused: ${pause.note}`])]) {
        if (!said.has(alert)) multi.log(`${alert}\n`);
        said.add(alert);
      }
      multi.update();
    },
    say(text) {
      multi.log(`${text}\n`);
      multi.update();
    },
    stop: () => multi.stop(),
  };
}

function set(bar: SingleBar, done: number, total: number, text: string): void {
  bar.setTotal(total);
  bar.update(Math.min(done, total), { text });
}

/** The bar is full at the budget or, without one, at the plan's estimate. */
function setCost(bar: SingleBar, { costUsd, unpriced = 0, estimateUsd, budgetUsd }: JobStatus): void {
  const whole = budgetUsd ?? estimateUsd;
  if (whole === null) {
    set(bar, 0, 1, 'no estimate is known');
  } else {
    // Without a cost and without an unknown one, nothing has been answered yet.
    const paid = describeCost(costUsd ?? (unpriced > 0 ? null : 0), unpriced);
    set(bar, costUsd ?? 0, whole, `${paid} of ${usd(whole)} ${budgetUsd === null ? 'estimated' : 'budget'}`);
  }
}
