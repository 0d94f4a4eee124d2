// Shows the progress of a followed job: bars on a terminal, one line per change in a log.

import { MultiBar, type SingleBar } from 'cli-progress';
import type { JobStatus } from '../../domain/progress/status.ts';
import { describeBatches, describeCostOf, describeRows, describeTime } from './print/bar-texts.ts';
import { wrapLine } from './print/table.ts';
import { showControls, showControlsInLines } from './print/visible.ts';
import { progressLine } from './print-job.ts';

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
  const say = (text: string): void => void stream.write(`${showControlsInLines(text)}\n`);
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

/** A name, a share, and the spaces around both and the bar. */
const otherColumns = 14;
/** A name and a space. */
const nameColumns = 8;
const barMin = 8;
const barMax = 30;
/** Most texts are shorter. */
const textColumns = 55;
/** A narrower terminal has no room for bars next to the texts. */
const columnsForBars = 40;
const tickMs = 1000;
/**
 * The library clears the line of the first bar only: a message of more lines is written over the bars below it. Before the text, because after a
 * text that fills the line it would erase the last character.
 */
const eraseLine = '\u001b[K';

function bars(stream: NodeJS.WriteStream, now: () => number): Progress {
  const { columns } = stream;
  const barsize =
    columns < columnsForBars ? 0 : Math.min(barMax, Math.max(barMin, columns - textColumns - otherColumns));
  const shorten = (text: string): string => cutText(text, columns - barsize - otherColumns);
  const multi = new MultiBar({
    stream,
    format: `{name} ${barsize === 0 ? '' : '{bar} '}{percentage}% {text}`,
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
    multi.create(1, 0, { name: name.padEnd(nameColumns - 1), text: '' }, format === undefined ? {} : { format });
  const [rows, batches, cost, time] = [add('rows'), add('batches'), add('cost'), add('time', '{name} {text}')];
  const log = (text: string): void => {
    for (const line of wrapMessage(text, columns)) multi.log(`${eraseLine}${line}\n`);
  };
  const said = new Set<string>();
  let last: JobStatus | null = null;
  // The time passes even if nothing else changes.
  const showTime = (): void => {
    if (last !== null) time.update({ text: cutText(describeTime(last, now()), columns - nameColumns) });
  };
  const ticks = setInterval(showTime, tickMs).unref();
  return {
    show(status) {
      last = status;
      // In thousandths, because answers that are not collected yet count too.
      set(rows, 1000 * status.progress, 1000, shorten(describeRows(status)));
      set(batches, status.batches.done, status.batches.planned, shorten(describeBatches(status, now())));
      setCost(cost, status, shorten);
      showTime();
      for (const alert of [...status.alerts, ...(status.pause === null ? [] : [`paused: ${status.pause.note}`])]) {
        if (!said.has(alert)) log(alert);
        said.add(alert);
      }
      multi.update();
    },
    say(text) {
      log(text);
      multi.update();
    },
    stop() {
      clearInterval(ticks);
      multi.stop();
    },
  };
}

/** The terminal cuts off what is longer than a line while bars are drawn. */
const wrapMessage = (text: string, columns: number): readonly string[] =>
  text.split('\n').flatMap((line) => wrapLine(showControls(line), columns));

const cutText = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, Math.max(0, max - 1))}…` : text;

function set(bar: SingleBar, done: number, total: number, text: string): void {
  bar.setTotal(total);
  bar.update(Math.min(done, total), { text });
}

/** The bar is full at the budget or, without one, at the plan's estimate. */
function setCost(bar: SingleBar, status: JobStatus, shorten: (text: string) => string): void {
  const whole = status.budgetUsd ?? status.estimateUsd;
  if (whole === null) set(bar, 0, 1, shorten('no estimate is known'));
  else set(bar, status.costUsd ?? 0, whole, shorten(describeCostOf(status, whole)));
}
