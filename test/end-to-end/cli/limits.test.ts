// `limits` and `top`: what all jobs share is shown, and changed while jobs wait for it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DispatchPage } from '../../../domain/dispatch/page/page.ts';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { written } from './command-cell.ts';
import { commandsAt } from './commands.ts';

const server = realServer();

const limited = { limits: { openai: { default: { batches: 0 } } }, tenants: { a: { dayUsd: 5 } } };

test(
  'a stopped account is shown by every command, and `limits room` lets it continue',
  () =>
    Cell.with(server, 'limited', { workers: 0 }, async (at) => {
      const config = join(at.root, 'config.json');
      writeFileSync(config, JSON.stringify(limited));
      const run = commandsAt({ env: at.env });
      const nightshift = (...args: readonly string[]) => run(args);
      const before = await nightshift('limits');
      expect(before).toMatchObject({ code: 0, out: '' });
      expect(before.err).toContain('no job has asked the dispatcher yet');
      await at.startWorker({ NIGHTSHIFT_CONFIG: config });
      const job = { ...at.openaiJob(20), minBatchItems: 1, tenant: 'a' };
      await nightshift('run', written(at, 'job.json', job), '--id', 'limited', '--detach');
      const { raw } = await at.client.workflow.getHandle('limited').describe();
      // From its start on, before its first activity.
      expect(raw.workflowExecutionInfo?.priority).toMatchObject({ priorityKey: 3, fairnessKey: 'a' });
      const readPage = async (): Promise<DispatchPage | null> => {
        const { out } = await nightshift('limits', '--json');
        return out === '' ? null : JSON.parse(out);
      };
      await until('a batch waits', async () => (await readPage())?.waiting === 1);
      const status = await nightshift('status', 'limited', '--table');
      expect(status.out).toContain('batches of openai/default: 0 of 0 in use; 1st in line');
      const top = await nightshift('top', '--once', '--table');
      expect(top.out).toContain('1 wait');
      expect(top.out).toMatch(/limited +1 +batches of openai\/default: 0 of 0 in use; 1st in line/);
      expect((await nightshift('limits', 'room', 'openai', '--batches', '-1')).code).toBe(2);
      expect((await nightshift('limits', 'tenant', 'a')).err).toContain('nothing to set');
      expect((await nightshift('limits', 'room', 'openai', '--day-usd', '7')).err).toBe('set\n');
      expect((await nightshift('limits', 'room', 'openai', '--rpm', '60')).err).toContain('give the model');
      const rates = ['--model', 'm', '--rpm', '60', '--tpm', '8000', '--interactive', '0.25'];
      expect((await nightshift('limits', 'room', 'openai', ...rates)).err).toBe('set\n');
      const capped = await nightshift('limits', 'tenant', 'a', '--day-usd', '9', '--batches', '3');
      expect(capped).toMatchObject({ code: 0, err: 'set\nset\n' });
      expect((await nightshift('limits', 'room', 'openai', '--batches', '4')).err).toBe('set\n');
      expect((await nightshift('watch', 'limited')).code).toBe(0);
      const page = await readPage();
      expect(page?.limits).toMatchObject({
        accounts: { 'openai/default': { batches: 4, dayUsd: 7 } },
        tenants: { a: { dayUsd: 9, batches: 3 } },
      });
      const table = await nightshift('limits', '--table');
      expect(table.out).toMatch(/openai\/default +m +45 +6000 +0/);
      expect(table.out).toMatch(/tenant a +0 of 3 /);
    }),
  120_000,
);
