// Says where the rows without an answer are: those that failed, and those of which it is not known whether they ran.

import { ownCommand, shellWord } from '../own-command.ts';

/** One line for each of the two files that has rows. */
export const suggestRows = (id: string, failed: number, inDoubt: number): readonly string[] => [
  ...(failed > 0
    ? [`the failed rows, ready to be the next job's dataset: \`${ownCommand(`results ${shellWord(id)} --failed`)}\``]
    : []),
  ...(inDoubt > 0
    ? [`rows that may have run, with their batches: \`${ownCommand(`results ${shellWord(id)} --in-doubt`)}\``]
    : []),
];
