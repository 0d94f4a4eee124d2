// `nightshift failures <id>`: why rows failed, grouped by reason, with examples.

import type { Command } from 'commander';
import type { FailureGroup } from '../../failed-rows.ts';
import type { Context } from '../context.ts';
import { suggestRows } from '../print/rows-words.ts';
import { isForPeople, printRows, printValue, say } from '../print.ts';
import { number } from '../print-job.ts';
import { chooseShownRun } from '../start/chosen-run.ts';

export function addFailures(program: Command, context: Context): void {
  program
    .command('failures <id>')
    .summary('why rows failed, by reason')
    .description(
      'Shows why rows of a finished job failed. For each reason, it shows how many rows failed, the first three of them, and ' +
        "the provider's own message. " +
        "Reads them below NIGHTSHIFT_DATA, which must be the workers' data folder, or from the job's bucket.",
    )
    .action(async (id: string) => {
      const jobs = await context.jobs();
      const groups = await jobs.failures(id, await chooseShownRun(jobs, id));
      if (isForPeople() && groups.length > 0) printValue(groups, Object.fromEntries(groups.map(describeGroup)));
      else printRows(groups, ({ reason, count }) => ({ reason, count }));
      for (const line of suggestFiles(id, groups)) say(line);
    });
}

/** Below each other are the rows, what the reason means, and what the provider wrote about the rows. */
function describeGroup({ reason, count, message, rows }: FailureGroup): [reason: string, lines: readonly string[]] {
  const ids = rows.map(({ id }) => String(id)).join(', ');
  const some = count > rows.length ? `${number(count)} rows, such as ${ids}` : ids;
  return [reason, [some, message, ...new Set(rows.flatMap(({ detail }) => detail ?? []))]];
}

/** Rows in doubt are in a file of their own. */
export function suggestFiles(id: string, groups: readonly Pick<FailureGroup, 'reason' | 'count'>[]): readonly string[] {
  const inDoubt = groups.find(({ reason }) => reason === 'in_doubt')?.count ?? 0;
  const all = groups.reduce((sum, { count }) => sum + count, 0);
  return suggestRows(id, all - inDoubt, inDoubt);
}
