// What Prometheus is given: a configuration that it reads, rules that it understands, and alerts that fire when they should.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alertNames } from '../domain/progress/alerts.ts';
import { projectRoot } from '../scripts/tools/cache.ts';
import { runCommand } from '../scripts/tools/command.ts';
import { ensurePromtool } from '../scripts/tools/system-packages.ts';

const ops = join(projectRoot, 'ops');
const setUpMs = 10 * 60_000;

test.each([
  ['the configuration', ['check', 'config', '--syntax-only', 'prometheus.yml']],
  ['the rules', ['check', 'rules', 'alerts.yml']],
  ['the alerts', ['test', 'rules', 'alerts.test.yml']],
])(
  'promtool passes %s',
  async (_, args) => {
    const result = await runCommand(await ensurePromtool(), args, { cwd: ops, timeoutMs: 60_000 });
    expect(result.ok ? '' : result.why).toBe('');
  },
  setUpMs,
);

test('each of our series that a rule names is documented, and every alert that a job raises has a rule', () => {
  const rules = readFileSync(join(ops, 'alerts.yml'), 'utf8');
  const page = readFileSync(join(projectRoot, 'docs', 'metrics.md'), 'utf8');
  const named = [...rules.matchAll(/\bnightshift_\w+_total\b/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
  expect(alertNames.filter((name) => !rules.includes(name))).toEqual([]);
  expect(alertNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
