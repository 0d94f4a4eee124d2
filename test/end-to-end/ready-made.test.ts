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
  readonly bodyName: string;
  readonly model: string;
  readonly others: readonly string[];
}

const vendors = {
  openai: { bodyName: 'body', model: 'gpt-5.4-mini', others: ['"method"#:#"POST"', '"url"#:#"/v1/chat/completions"'] },
  anthropic: { bodyName: 'params', model: 'claude-haiku-4-5', others: [] },
} satisfies Record<string, Vendor>;

/** Each row has its members in another order, and other spaces around them. Its text holds what could be taken for members. */
function makeRow({ bodyName, model, others }: Vendor, tag: string, row: number): string {
  const text = JSON.stringify(`${tag} ${row}: "${bodyName}" : {"custom_id":"0"}`);
  const body = `{"messages"#:#[{"role":"user",#"content":${text}}],#"max_tokens":9,"model"#:"${model}"}`;
  const members = [`"custom_id"#:#"${tag}-${row}"`, `"${bodyName}"#:#${body}`, ...others];
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
        return at.start({ dataset: `${name}.jsonl`, provider, mode, minBatchItems: 1, poll, retry }, name);
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
        billed: 2 * rows,
        billedTwice: { byCustomId: [], byBody: [] },
        batchesCreated: 2,
      });
      expect(sync).toMatchObject({ billed: 2 * rows, billedTwice: { byBody: [] } });
    }),
  120_000,
);
