// `nightshift init`: writes a first job to edit, with a few rows.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { printText, say } from '../print.ts';

const sampleRows: readonly { readonly id: string; readonly text: string }[] = [
  { id: 'ticket-1', text: 'The export stops at 90 % and the file is empty.' },
  { id: 'ticket-2', text: 'Could the weekly mail list the three longest tickets?' },
  { id: 'ticket-3', text: 'Where do I change the address on my invoice?' },
  { id: 'ticket-4', text: 'After the update every date shows as 1970.' },
  { id: 'ticket-5', text: 'A dark theme would help those of us on the late shift.' },
  { id: 'ticket-6', text: 'Is there a limit to how many people I can invite?' },
  { id: 'ticket-7', text: 'Search finds nothing when the word has an umlaut.' },
  { id: 'ticket-8', text: 'Please let us sort projects by the last change.' },
];

export function addInit(program: Command, { dataRoot }: Context): void {
  program
    .command('init [folder]')
    .summary('write a first job and a few rows')
    .description('Writes job.json and tickets.jsonl into a folder, by default the current one. Overwrites nothing.')
    .action((folder = '.') => {
      const path = relative(resolve(dataRoot), resolve(folder)).split(sep).join('/');
      if (path.startsWith('..')) {
        throw new Error(
          `${folder} is not below the data root ${resolve(dataRoot)}, where workers read: choose a folder below it`,
        );
      }
      mkdirSync(folder, { recursive: true });
      const rows = sampleRows.map((row) => `${JSON.stringify(row)}\n`).join('');
      const job = join(folder, 'job.json');
      write(join(folder, 'tickets.jsonl'), rows);
      const sample = sampleJob(path === '' ? 'tickets.jsonl' : `${path}/tickets.jsonl`, findSchema(folder));
      write(job, `${JSON.stringify(sample, null, 2)}\n`);
      printText(job, { job });
      say(
        `what it would cost: ${ownCommand(`estimate ${shellWord(job)}`)}\nrun it: ${ownCommand(`run ${shellWord(job)}`)}`,
      );
    });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new Error(`${file} exists and stays as it is: give another folder`);
    }
    throw error;
  }
}

/** The path from a folder to the schema of this version: editors complete and check a job file by it. */
function findSchema(folder: string): string {
  const up = ['../../../', '../../../../'].map((root) =>
    fileURLToPath(new URL(`${root}job.schema.json`, import.meta.url)),
  );
  const schema = up.find((path) => existsSync(path)) ?? 'job.schema.json';
  return relative(resolve(folder), schema).split(sep).join('/');
}

/** The sample is smaller than a batch is by default: it shows batches all the same. */
const sampleJob = (dataset: string, schema: string): object => ({
  $schema: schema,
  dataset,
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: {
    messages: [
      { role: 'system', content: 'Classify the ticket as bug, feature or question. Answer with that one word.' },
      { role: 'user', content: '{{ text }}' },
    ],
    max_completion_tokens: 16,
  },
  minBatchItems: 1,
  budget: { usd: 1 },
});
