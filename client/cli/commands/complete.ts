// `nightshift complete jobs`: the ids that the completion scripts offer. Hidden, because nobody types it.

import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { showControls } from '../print/visible.ts';
import { collected, printForShell } from '../print.ts';

export const idKinds = ['jobs', 'schedules'] as const;
export type IdKind = (typeof idKinds)[number];

export const hiddenCommand = 'complete';
/** Running jobs come first. */
const idsMax = 200;

export function addComplete(program: Command, context: Context): void {
  program
    .command(hiddenCommand, { hidden: true })
    .addArgument(program.createArgument('<kind>').choices(idKinds))
    .action(async (kind: IdKind) => {
      try {
        const jobs = await context.jobs();
        const listed: AsyncIterable<{ readonly id: string }> =
          kind === 'jobs' ? jobs.list({ limit: idsMax }) : jobs.schedules.list();
        for (const id of listIds(await collected(listed))) printForShell(`${id}\n`);
      } catch {
        // It is called while somebody types, and a message would stand in the middle of the line.
        process.exitCode = exitCodes.failed;
      }
    });
}

/** Each id once. The shells read one id a line, and nobody can type a control character. */
export const listIds = (listed: readonly { readonly id: string }[]): readonly string[] => [
  ...new Set(listed.map(({ id }) => id).filter((id) => showControls(id) === id)),
];
