// `limits` and `top`: what all jobs share, who holds it and who waits for it.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { nameAccount } from '../../../domain/dispatch/limits.ts';
import { describeProblems } from '../../../domain/dispatch/page/page.ts';
import { defaultAccount } from '../../../domain/job.ts';
import type { DispatchPage } from '../../index.ts';
import { readAmount } from '../arguments.ts';
import { answerMs, type Context } from '../context.ts';
import { listLanes, listMoney, listRooms, renderTop } from '../print/dispatch-tables.ts';
import { isForPeople, printDone, printJson, printLaidOut, printRows, readWidth, say } from '../print.ts';

type Count = number | null;

interface RoomOptions extends CapOptions {
  readonly account?: string;
  readonly model?: string;
  readonly batches?: Count;
  readonly tokens?: Count;
  readonly rpm?: Count;
  readonly tpm?: Count;
  readonly interactive?: Count;
}

interface CapOptions {
  readonly dayUsd?: Count;
  readonly monthUsd?: Count;
}

interface TenantOptions extends CapOptions {
  readonly batches?: Count;
  readonly weight?: Count;
}

const noDispatcher =
  'no job has asked the dispatcher yet: it runs once a worker has `limits` in its NIGHTSHIFT_CONFIG and starts a job';

export function addLimits(program: Command, context: Context): void {
  const limits = program
    .command('limits')
    .summary('what all jobs share, and how much of it is used')
    .description('Shows the limits of accounts, models, tenants and features, and how much of them is used.')
    .action(async () => {
      const page = await readPage(context);
      if (page === null) return;
      if (!isForPeople()) return printJson(page);
      printRows([...listRooms(page)], (row) => row);
      if (page.lanes.length > 0) printRows([...listLanes(page)], (row) => row);
      printRows([...listMoney(page)], (row) => row);
      for (const sentence of describeProblems(page)) say(sentence);
    });
  addRoom(limits, context);
  addTenant(limits, context);
  addFeature(limits, context);
  addTop(program, context);
}

function addRoom(limits: Command, context: Context): void {
  limits
    .command('room <provider>')
    .summary('set how much may be open at an account or a model')
    .description(
      'Sets how many batches and enqueued tokens may be open, and how much the account may spend. ' +
        'A value stays until it is set again. --batches 0 starts no new batches.',
    )
    .option('--account <name>', 'the account; default: default')
    .option('--model <model>', 'only this model; default: all models of the account together')
    .option('--batches <n>', 'the most open batches, or "file" for the value of the configuration file', countOrFile)
    .option('--tokens <n>', 'the most enqueued tokens, or "file"', countOrFile)
    .option(
      '--rpm <n>',
      'with --model: the most requests a minute of the realtime lanes of all jobs, or "file"',
      countOrFile,
    )
    .option(
      '--tpm <n>',
      'with --model: the most tokens a minute of the realtime lanes of all jobs, or "file"',
      countOrFile,
    )
    .option(
      '--interactive <part>',
      'with --model: the part of both that is left for other traffic, like 0.2, or "file"',
      amountOrFile,
    )
    .option('--day-usd <usd>', 'the most dollars that the account may spend in a day (UTC), or "file"', amountOrFile)
    .option(
      '--month-usd <usd>',
      'the most dollars that the account may spend in a month (UTC), or "file"',
      amountOrFile,
    )
    .action(async (provider: string, { account, model, dayUsd, monthUsd, ...options }: RoomOptions) => {
      const { dispatcher } = await context.jobs();
      const { tokens, ...others } = options;
      const room = dropAbsent({ enqueuedTokens: tokens, ...others });
      const caps = dropAbsent({ dayUsd, monthUsd });
      requireSome({ ...room, ...caps });
      const change = { provider, ...dropAbsent({ account, model }), ...room };
      if (Object.keys(room).length > 0) printDone(await dispatcher.setLimits(change), change);
      const cap = { account: nameAccount(provider, account ?? defaultAccount), ...caps };
      if (Object.keys(caps).length > 0) printDone(await dispatcher.setCap(cap), cap);
    });
}

function addTenant(limits: Command, context: Context): void {
  limits
    .command('tenant <tenant>')
    .summary('set the limits of a tenant')
    .description(
      "Sets a tenant's weight, and the most batches it may have open and dollars it may spend. A value stays until it is set again.",
    )
    .option('--batches <n>', 'the most open batches, or "file" for the value of the configuration file', countOrFile)
    .option('--weight <weight>', 'its share compared with other tenants (default 1), or "file"', amountOrFile)
    .option('--day-usd <usd>', 'the most dollars in a day (UTC), or "file"', amountOrFile)
    .option('--month-usd <usd>', 'the most dollars in a month (UTC), or "file"', amountOrFile)
    .action(async (tenant: string, { batches, weight, ...caps }: TenantOptions) => {
      requireSome({ batches, weight, ...caps });
      const { dispatcher } = await context.jobs();
      const share = dropAbsent({ batches, weight });
      if (Object.keys(share).length > 0) {
        printDone(await dispatcher.setTenant({ tenant, ...share }), { tenant, ...share });
      }
      if (Object.keys(caps).length > 0) printDone(await dispatcher.setCap({ tenant, ...caps }), { tenant, ...caps });
    });
}

function addFeature(limits: Command, context: Context): void {
  limits
    .command('feature <feature>')
    .summary('set the caps of a feature')
    .description(
      'Sets the most dollars that a feature may spend in a day and in a month. A value stays until it is set again.',
    )
    .option(
      '--day-usd <usd>',
      'the most dollars in a day (UTC), or "file" for the value of the configuration file',
      amountOrFile,
    )
    .option('--month-usd <usd>', 'the most dollars in a month (UTC), or "file"', amountOrFile)
    .action(async (feature: string, caps: CapOptions) => {
      requireSome({ ...caps });
      const { dispatcher } = await context.jobs();
      printDone(await dispatcher.setCap({ feature, ...caps }), { feature, ...caps });
    });
}

const refreshMs = 2_000;
/** Clears the screen and goes to its first line. */
const clear = '\u001b[2J\u001b[H';

function addTop(program: Command, context: Context): void {
  program
    .command('top')
    .summary('who holds what, who waits for what and why, and what it costs')
    .description('Shows on one screen what all jobs hold and wait for. Refreshes it every two seconds until Ctrl-C.')
    .option('--once', 'show it once')
    .action(async ({ once = false }: { once?: boolean }) => {
      for (;;) {
        const page = await readPage(context);
        if (page === null) return;
        if (!isForPeople()) return printJson(page);
        const text = renderTop(page, Date.now(), readWidth(), process.stdout.rows ?? Number.POSITIVE_INFINITY);
        const isLive = !once && process.stdout.isTTY === true;
        printLaidOut(isLive ? `${clear}${text}` : text);
        if (!isLive) return;
        await sleep(refreshMs);
      }
    });
}

async function readPage(context: Context): Promise<DispatchPage | null> {
  const { dispatcher } = await context.jobs();
  const page = await dispatcher.holdings({ waitMs: answerMs });
  if (page === null) say(noDispatcher);
  return page;
}

function requireSome(values: Readonly<Record<string, unknown>>): void {
  if (Object.values(values).some((value) => value !== undefined)) return;
  throw new Error('nothing to set: give at least one of the options, see --help');
}

const dropAbsent = <T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

function countOrFile(text: string): Count {
  if (text === 'file') return null;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number, or "file" for the value of the configuration file.');
}

function amountOrFile(text: string): Count {
  if (text === 'file') return null;
  const amount = readAmount(text);
  if (amount !== null) return amount;
  throw new InvalidArgumentError('Give a number like 25 or 0.5, or "file" for the value of the configuration file.');
}
