// `webhooks`: messages that no receiver took.

import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { collected, printDone, printRows } from '../print.ts';

export function addWebhooks(program: Command, context: Context): void {
  const webhooks = program
    .command('webhooks')
    .summary('messages that were not delivered')
    .description(
      'Lists the messages that their receivers did not take within three days, or refused with 410. ' +
        'The list goes back as far as Temporal keeps workflows that have ended.',
    )
    .action(async () => {
      const jobs = await context.jobs();
      printRows(await collected(jobs.webhooks.deadLetters()), ({ id, job, url, reason, givenUpAt }) => ({
        id,
        job,
        url,
        reason,
        'given up': givenUpAt,
      }));
    });
  webhooks
    .command('redeliver <message>')
    .summary('deliver one of them again')
    .description('Delivers a message again, under its old id, for up to three days.')
    .action(async (message: string) => {
      const jobs = await context.jobs();
      await jobs.webhooks.redeliver(message);
      printDone(`${message} is being delivered again`, { message });
    });
}
