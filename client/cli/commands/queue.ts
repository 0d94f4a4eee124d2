// `queue`: adds items to a queue, shows it, and changes it while it is open.

import type { Command } from 'commander';
import { formatDuration } from '../../../domain/duration.ts';
import type { Added, AddInput, Json, QueuePage } from '../../index.ts';
import { wholeNumber } from '../arguments.ts';
import { answerMs, type Context } from '../context.ts';
import { readQueueFile } from '../job-file.ts';
import { isForPeople, printDone, printJson, printRows, printValue, say } from '../print.ts';

interface AddOptions {
  readonly queue?: string;
  readonly item?: readonly string[];
  readonly urgent?: boolean;
}

export function addQueue(program: Command, context: Context): void {
  const queue = program.command('queue').summary('items that come over time, and become jobs');
  addAdd(queue, context);
  queue
    .command('show <name>')
    .summary('how much waits, and the last flushes')
    .description(
      'Shows how much waits and for how long, when the next flush is due, and the running and the last flushes.',
    )
    .action(async (name: string) => {
      const { queues } = await context.jobs();
      printPage(await queues.page(name, { waitMs: answerMs }));
    });
  addChange(queue, context, {
    usage: 'flush <name>',
    summary: 'flush everything that waits now',
    change: (queues, name) => queues.flush(name),
    done: (name) => `${name}: everything that waits is being flushed`,
  });
  addChange(queue, context, {
    usage: 'pause <name>',
    summary: 'flush nothing until the queue is resumed; it still takes items',
    change: (queues, name) => queues.pause(name),
    done: (name) => `${name} is paused: it takes items, and flushes none`,
  });
  addChange(queue, context, {
    usage: 'resume <name>',
    summary: 'flush again',
    change: (queues, name) => queues.resume(name),
    done: (name) => `${name} flushes again`,
  });
  addChange(queue, context, {
    usage: 'drain <name>',
    summary: 'take nothing more, flush everything and end',
    change: (queues, name) => queues.drain(name),
    done: (name) => `${name} takes nothing more, and ends when its last flush has ended`,
  });
  queue
    .command('remove <name> <item>')
    .summary('take an item out before it is flushed')
    .description('Takes an item out that waits, by its id. It fails if no item with that id waits.')
    .option('--number', 'the id is a number, not a text')
    .action(async (name: string, item: string, { number: isNumber }: { readonly number?: boolean }) => {
      const { queues } = await context.jobs();
      await queues.remove(name, isNumber === true ? Number(item) : item);
      printDone(`${name}: ${item} was taken out`, { name, item });
    });
  queue
    .command('retry <name>')
    .summary('start the job of a failed flush again')
    .requiredOption('--flush <n>', 'the number of the flush', wholeNumber(1, 1e9))
    .action(async (name: string, { flush }: { readonly flush: number }) => {
      const { queues } = await context.jobs();
      await queues.retry(name, flush);
      printDone(`${name}: flush ${flush} runs again`, { name, flush });
    });
}

type Queues = Awaited<ReturnType<Context['jobs']>>['queues'];

interface Change {
  readonly usage: string;
  readonly summary: string;
  readonly change: (queues: Queues, name: string) => Promise<QueuePage>;
  readonly done: (name: string) => string;
}

function addChange(queue: Command, context: Context, { usage, summary, change, done }: Change): void {
  queue
    .command(usage)
    .summary(summary)
    .action(async (name: string) => {
      const { queues } = await context.jobs();
      const { mode } = await change(queues, name);
      printDone(done(name), { name, mode });
    });
}

function addAdd(queue: Command, context: Context): void {
  queue
    .command('add <name> [uri]')
    .summary('add items, and start the queue if it is not open')
    .description(
      'Adds the items of a file of the store, a path below the data root or in a bucket, or single items with --item. ' +
        'Each item is checked immediately. An item that comes again under its id is dropped.',
    )
    .option('--queue <file>', 'the queue file, which opens the queue if it is not open')
    .option('--item <json>', "one item as JSON; may be repeated, and stays in Temporal's history", collect, [])
    .option('--urgent', 'do not wait for other items: answer these through the realtime lane')
    .action(async (name: string, uri: string | undefined, options: AddOptions) => {
      const { queues } = await context.jobs();
      const definition = options.queue === undefined ? undefined : await readQueueFile(options.queue);
      const added = await queues.add(name, readInput(uri, options), definition);
      printAdded(name, added);
    });
}

const collect = (item: string, before: readonly string[]): readonly string[] => [...before, item];

function readInput(uri: string | undefined, { item = [], urgent = false }: AddOptions): AddInput {
  if ((uri === undefined) === (item.length === 0)) throw new Error('give the uri of a file, or items with --item');
  return uri === undefined ? { items: item.map(parseItem), urgent } : { uri, urgent };
}

function parseItem(text: string): Json {
  try {
    const item: Json = JSON.parse(text);
    return item;
  } catch {
    throw new Error('an --item is not JSON: put it in quotes, like --item \'{"id": "a", "text": "…"}\'');
  }
}

function printAdded(name: string, { accepted, refused, refusals }: Added): void {
  printDone(`${name}: ${accepted} items are in, ${refused} are refused`, { name, accepted, refused });
  for (const { line, reason, message } of refusals) say(`${reason}: item ${line}: ${message}`);
  if (refused > 0) process.exitCode = 1;
}

function printPage(page: QueuePage): void {
  if (!isForPeople()) {
    printJson(page);
    return;
  }
  const { name, mode, depth, oldestMs, nextFlushAt, running, last, totals, slaMs, longestMs } = page;
  printValue(page, {
    queue: name,
    mode,
    waiting: `${depth.items} items, ${depth.bytes} bytes`,
    oldest: oldestMs === null ? null : formatDuration(oldestMs),
    'next flush': nextFlushAt === null ? null : new Date(nextFlushAt).toISOString(),
    accepted: totals.accepted,
    refused: totals.refused,
    duplicates: totals.duplicates,
    removed: totals.removed,
    flushed: totals.flushed,
    sla: slaMs === null ? null : formatDuration(slaMs),
    late: totals.late ?? 0,
    longest: longestMs === null ? null : formatDuration(longestMs),
  });
  const flushes = [
    ...running.map(({ workflowId, items, failure, isLate }) => ({
      workflowId,
      items,
      state: failure === null ? `runs${isLate === true ? ', late' : ''}` : `failed: ${failure}`,
    })),
    ...last.map(({ workflowId, items, end, answered, failed, usd }) => ({
      workflowId,
      items,
      state: end,
      answered,
      failed,
      usd,
    })),
  ];
  if (flushes.length > 0) printRows(flushes, (row) => row);
}
