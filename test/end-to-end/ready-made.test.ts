// Rows that are request lines already, as people and other programs write them: members in any order, with any spaces between them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobReport } from '../../domain/report/report.ts';
import { Cell } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();
const rows = 12;
const spaces = ['', ' ', '\t', '  ', ' \t '];

interface Vendor {
  readonly idName: string;
  readonly bodyName: string;
  /** Everything of the body but the model. */
  readonly makeBody: (text: string) => string;
  /** In the body, or in the job if the body names none. */
  readonly model: string;
  readonly modelIn: 'body' | 'job';
  readonly others: readonly string[];
}

const messages = (text: string): string => `"messages"#:#[{"role":"user",#"content":${text}}],#"max_tokens":9`;

const vendors = {
  openai: {
    idName: 'custom_id',
    bodyName: 'body',
    makeBody: messages,
    model: 'gpt-5.4-mini',
    modelIn: 'body',
    others: ['"method"#:#"POST"', '"url"#:#"/v1/chat/completions"'],
  },
  anthropic: {
    idName: 'custom_id',
    bodyName: 'params',
    makeBody: messages,
    model: 'claude-haiku-4-5',
    modelIn: 'body',
    others: [],
  },
  gemini: {
    idName: 'key',
    bodyName: 'request',
    makeBody: (text) => `"contents"#:#[{"parts":[{"text"#:${text}}]}],#"generationConfig":{"maxOutputTokens":9}`,
    model: 'gemini-2.5-flash',
    modelIn: 'job',
    others: [],
  },
} satisfies Record<string, Vendor>;

/** Each row has its members in another order, and other spaces around them. Its text holds what could be taken for members. */
function makeRow({ idName, bodyName, makeBody, model, modelIn, others }: Vendor, tag: string, row: number): string {
  const text = JSON.stringify(`${tag} ${row}: "${bodyName}" : {"${idName}":"0"}`);
  const body = `{${makeBody(text)}${modelIn === 'body' ? `,"model"#:"${model}"` : ''}}`;
  const members = [`"${idName}"#:#"${tag}-${row}"`, `"${bodyName}"#:#${body}`, ...others];
  const turned = [...members.slice(row % members.length), ...members.slice(0, row % members.length)];
  return `#{#${turned.join('#,#')}#}#`.replaceAll('#', spaces[row % spaces.length] ?? '');
}

test(
  'such rows are answered in both lanes of each provider, under their own ids',
  () =>
    Cell.with(server, 'ready-made', {}, async (at) => {
      const jobs = Object.entries(vendors).flatMap(([provider, vendor]) =>
        (['batch', 'realtime'] as const).map((mode) => ({ name: `${provider}-${mode}`, provider, vendor, mode })),
      );
      const started = jobs.map(({ name, provider, vendor, mode }) => {
        const lines = Array.from({ length: rows }, (_, index) => makeRow(vendor, name, index + 1));
        writeFileSync(join(at.root, `${name}.jsonl`), `${lines.join('\n')}\n`);
        const { poll, retry } = at.openaiJob(1);
        const model = vendor.modelIn === 'job' ? { model: vendor.model } : {};
        return at.start({ dataset: `${name}.jsonl`, provider, ...model, mode, minBatchItems: 1, poll, retry }, name);
      });
      for (const [index, { name }] of jobs.entries()) {
        const report: JobReport = await (await started[index])?.result();
        expect(report, name).toMatchObject({ verdict: 'complete', waves: 1, rows: { answered: rows, refused: 0 } });
        expect(at.results(name).map(({ id }) => id)).toEqual(
          Array.from({ length: rows }, (_, row) => `${name}-${row + 1}`),
        );
      }
      const { billed, billedTwice, sync, batchesCreated } = await at.control.counts();
      expect({ billed, billedTwice, batchesCreated }).toEqual({
        billed: 3 * rows,
        billedTwice: { byCustomId: [], byBody: [] },
        batchesCreated: 3,
      });
      expect(sync).toMatchObject({ billed: 3 * rows, billedTwice: { byBody: [] } });
    }),
  120_000,
);
