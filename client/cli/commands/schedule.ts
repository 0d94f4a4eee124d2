// `nightshift schedule …`: starts jobs on a schedule.

import type { Command } from 'commander';
import { formatDuration } from '../../../domain/duration.ts';
import type { DescribedSchedule, ListedSchedule, Schedules } from '../../long-lived/schedules.ts';
import { durationMs } from '../arguments.ts';
import type { Context } from '../context.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { collected, printDone, printRows, printValue, say } from '../print.ts';
import { formatMinute } from '../print-job.ts';
import { cautions } from '../schedule-cautions.ts';
import { taskQueueOption } from './run.ts';

interface CreateOptions {
  readonly cron: string;
  readonly timezone: string;
  readonly catchup: number;
  readonly jitter?: number;
  readonly paused?: boolean;
  readonly note?: string;
  readonly taskQueue?: string;
}

export function addSchedule(program: Command, context: Context): void {
  const group = program
    .command('schedule')
    .summary('start jobs on a schedule')
    .description("Starts jobs on a schedule, with Temporal's own schedules.");
  const schedules = async (): Promise<Schedules> => (await context.jobs()).schedules;
  addCreate(group, context);
  group
    .command('list')
    .summary('schedules, with their next start')
    .description('Lists the schedules of jobs, with their next and last start.')
    .action(async () => printRows(await collected((await schedules()).list()), listedFacts));
  group
    .command('describe <schedule-id>')
    .summary('one schedule, with its last jobs')
    .description('Shows one schedule: its times, the starts it skipped or missed, and the jobs it started last.')
    .action(async (id: string) => {
      const described = await (await schedules()).describe(id);
      printValue(described, describedFacts(described));
    });
  addSteering(group, schedules);
}

function addCreate(group: Command, context: Context): void {
  const catchup = group
    .createOption('--catchup <duration>', 'after an outage, catch up on starts that are at most this late')
    .argParser(durationMs)
    .default(durationMs('2h'), '2h');
  group
    .command('create <schedule-id> <job-path>')
    .summary('start a job at set times')
    .description(
      'Starts a job on a schedule, from a file below the data root. The file is read again at each start; {date} in its ' +
        'paths is the day on which the start was due. A start is skipped while the previous job runs.',
    )
    .requiredOption('--cron <line>', 'minute, hour, day, month and weekday, e.g. "0 2 * * *"')
    .option('--timezone <name>', 'the time zone of --cron, e.g. Europe/Berlin', 'UTC')
    .addOption(catchup)
    .option('--jitter <duration>', 'delay each start by a random time up to this', durationMs)
    .option('--paused', 'create the schedule paused')
    .option('--note <text>', 'a note, shown with the schedule')
    .option(...taskQueueOption)
    .action(async (id: string, job: string, options: CreateOptions) => {
      const { cron, timezone, catchup: catchupMs, jitter: jitterMs = 0, paused = false, note, taskQueue } = options;
      for (const caution of await cautions(job, timezone, context.dataRoot)) say(`caution: ${caution}`);
      const { schedules } = await context.jobs();
      await schedules.create(id, {
        job,
        cron,
        timezone,
        catchupMs,
        jitterMs,
        paused,
        ...(note === undefined ? {} : { note }),
        taskQueue: taskQueue ?? context.taskQueue,
      });
      const described = await schedules.describe(id);
      printValue(described, describedFacts(described));
      say(`try it now: ${ownCommand(`schedule trigger ${shellWord(id)}`)}`);
    });
}

function addSteering(group: Command, schedules: () => Promise<Schedules>): void {
  group
    .command('pause <schedule-id>')
    .description('Starts nothing more until it is resumed. A running job continues.')
    .option('--note <text>', 'a note, shown with the schedule')
    .action(async (id: string, { note }: { note?: string }) => {
      await (await schedules()).pause(id, note);
      printDone(`${id} is paused: ${ownCommand(`schedule resume ${shellWord(id)}`)}`, { id, state: 'paused' });
    });
  group
    .command('resume <schedule-id>')
    .description('Starts jobs again at the next due time.')
    .option('--note <text>', 'a note, shown with the schedule')
    .action(async (id: string, { note }: { note?: string }) => {
      await (await schedules()).resume(id, note);
      printDone(`${id} is no longer paused`, { id, state: 'active' });
    });
  group
    .command('trigger <schedule-id>')
    .description('Starts its job now, even if the schedule is paused, unless the previous job is still running.')
    .action(async (id: string) => {
      await (await schedules()).trigger(id);
      printDone(`triggered: ${ownCommand('list --active')}`, { id, triggered: 'yes' });
    });
  group
    .command('backfill <schedule-id>')
    .description('Catches up on every start in a span of the past, one job after the other.')
    .requiredOption('--from <day>', "first day, in the schedule's time zone, or an instant like 2026-11-20T02:00:00Z")
    .requiredOption('--to <day>', 'last day, included, or an instant')
    .action(async (id: string, span: { from: string; to: string }) => {
      await (await schedules()).backfill(id, span);
      printDone(`the jobs of ${span.from} to ${span.to} start one after the other: ${ownCommand('list')}`, {
        id,
        ...span,
      });
    });
  group
    .command('delete <schedule-id>')
    .description('Deletes a schedule. Its jobs and their results stay.')
    .action(async (id: string) => {
      await (await schedules()).delete(id);
      printDone(`${id} is deleted`, { id, deleted: 'yes' });
    });
}

const listedFacts = ({ id, paused, job, cron, timezone, next, last, note }: ListedSchedule) => ({
  id,
  state: paused ? 'paused' : 'active',
  job,
  cron,
  timezone,
  next: formatMinute(next),
  last: formatMinute(last),
  note,
});

const describedFacts = (schedule: DescribedSchedule) => ({
  ...listedFacts(schedule),
  'task queue': schedule.taskQueue,
  'catches up': `within ${formatDuration(schedule.catchupMs)}`,
  jitter: schedule.jitterMs === 0 ? null : `up to ${formatDuration(schedule.jitterMs)}`,
  skipped: schedule.skipped,
  missed: schedule.missed,
  running: schedule.running.length === 0 ? null : schedule.running,
  'started last': schedule.started.length === 0 ? null : schedule.started,
});
