// `nightshift init`: a first job to change, with a few rows.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { ownCommand } from '../own-command.ts';
import { sampleJob, sampleRows } from '../sample.ts';

export function addInit(program: Command, { dataRoot }: Context): void {
  program
    .command('init [folder]')
    .summary('write a first job and a few rows')
    .description('Writes job.json and tickets.jsonl into a folder, the current one by default. Overwrites nothing.')
    .action((folder = '.') => {
      const path = relative(resolve(dataRoot), resolve(folder)).split(sep).join('/');
      if (path.startsWith('..')) {
        throw new Error(
          `${folder} is not below the data root ${resolve(dataRoot)}, where workers look: choose a folder there`,
        );
      }
      mkdirSync(folder, { recursive: true });
      const rows = sampleRows.map((row) => `${JSON.stringify(row)}\n`).join('');
      const job = join(folder, 'job.json');
      write(join(folder, 'tickets.jsonl'), rows);
      write(job, `${JSON.stringify(sampleJob(path === '' ? 'tickets.jsonl' : `${path}/tickets.jsonl`), null, 2)}\n`);
      console.log(job);
      console.error(`what it would cost: ${ownCommand(`estimate ${job}`)}\nrun it: ${ownCommand(`run ${job}`)}`);
    });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new Error(`${file} is there already and stays as it is: give another folder`);
    }
    throw error;
  }
}
