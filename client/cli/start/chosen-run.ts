// The run of a job's id that a command shows. If it is not the newest one, the command says so.

import type { Nightshift } from '../../nightshift.ts';
import type { ChosenRun } from '../../overview/choose-run.ts';
import { say } from '../print.ts';
import { formatMinute } from '../print-job.ts';

export async function chooseShownRun(jobs: Nightshift, id: string): Promise<ChosenRun> {
  const chosen = await jobs.chooseRun(id);
  const { run, passedOver } = chosen;
  if (passedOver !== null) {
    const ended = passedOver.state.replace('_', ' ');
    say(
      `the last run of ${id} (${formatMinute(passedOver.startedAt)}, ${ended}) has no results: this is the run of ${formatMinute(run.startedAt)}`,
    );
  }
  return chosen;
}
