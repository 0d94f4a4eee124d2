// Rollouts: samples first, a check after each, a person's approval, and what silence means.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import { timeSkippingServer } from '../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from './site.ts';

const server = timeSkippingServer();
const rows = 200;
const small = { batch: { maxItems: 100 }, minBatchItems: 1, poll: { initial: '5m', max: '5m' } };

const holds =
  (wanted: string) =>
  ({ pauses }: { readonly pauses: readonly { readonly reason: string }[] }): boolean =>
    pauses.some(({ reason }) => reason === wanted);

/** The items that the provider was given, in both lanes. */
async function countSent(site: Site): Promise<number> {
  const { batches, sync } = await site.control.items();
  return batches.reduce((sum, { items }) => sum + items.length, 0) + sync.length;
}

/** In dollars. */
const estimateStep = ({ root, name }: Site, wave: number): number =>
  readFileSync(join(root, 'runs', name, 'plan', `wave-${wave}`, 'manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Partial<ManifestEntry> => JSON.parse(line))
    .reduce((sum, { batch, estimate }) => sum + (batch === undefined ? 0 : (estimate?.usd ?? 0)), 0);

test('each step waits for the one before it, and all rows are answered and paid once', () =>
  Site.with(server.env, 'steps', {}, async (site) => {
    await site.start(site.openaiJob(rows, { ...small, rollout: { steps: [0.1, 0.4, 1] } }));
    const second = await site.untilStatus('second step', ({ waveKind }) => waveKind === 'rollout', minuteMs);
    const first = second.rollout?.rows ?? 0;
    expect(second).toMatchObject({ rows: { accepted: rows }, batches: { planned: 4 }, rollout: { step: 1, steps: 3 } });
    // The cost is compared with the estimate of this step, and not with that of the whole job.
    const checks = second.rollout?.checks ?? [];
    expect(checks.map(({ what }) => what)).toEqual(['errors', 'invalid answers', 'cost per row']);
    expect(checks[2]?.limit).toBeCloseTo((1.2 * estimateStep(site, 1)) / first, 9);
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(50);
    const report = await site.result();
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', waves: 3 });
    const sizes = (await site.control.items()).batches.map(({ items }) => items.length);
    expect(sizes[0]).toBe(first);
  }));

test('a step with too many errors pauses the job with its figures, and `resume` lets it continue', () =>
  Site.with(server.env, 'failing', { itemErrors: { rate500: 1, failTimes: 1 } }, async (site) => {
    await site.start(site.openaiJob(rows, { ...small, rollout: { steps: [0.25, 1] } }));
    const paused = await site.untilStatus('stopped', holds('rollout'), minuteMs);
    expect(paused.pause?.note).toContain('errors 100.0%, above 5.0%');
    expect(paused.rollout?.checks[0]).toEqual({ what: 'errors', value: 1, limit: 0.05 });
    const sent = await countSent(site);
    expect(paused.items).toMatchObject({ answered: 0, underWay: 0, notStarted: rows - sent, toRetry: sent });
    await site.env.sleep(hourMs);
    expect(await countSent(site)).toBe(sent);
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', waves: 3, attempts: { 2: rows } });
  }));

test('a job waits until a person approves it, and an approval in advance is refused', () =>
  Site.with(server.env, 'approved', {}, async (site) => {
    await site.start(site.openaiJob(rows, { ...small, rollout: { steps: [0.2, 0.5, 1], approve: true } }));
    await expect(site.update('approve')).rejects.toThrow();
    await site.untilStatus('waits', holds('approval'), minuteMs);
    const sent = await countSent(site);
    await site.env.sleep(3 * hourMs);
    expect(await site.update('resume')).toMatchObject({ phase: 'paused', wave: 1 });
    expect(await countSent(site)).toBe(sent);
    expect((await site.update('approve')).pauses).toEqual([]);
    const report = await site.result();
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', waves: 3 });
  }));

test.each(['batch', 'realtime'])(
  'in mode %s, silence means no: at the deadline, the rest is not approved and not sent',
  (mode) =>
    Site.with(server.env, `silent-${mode}`, {}, async (site) => {
      const rollout = { steps: [0.25, 1], approve: true };
      await site.start(
        site.openaiJob(rows, { ...small, mode, rollout, deadline: deadline('fallback', { job: '8h' }) }),
      );
      const report = await site.result();
      await site.expectPaidOnce(report, rows);
      const { answered, failed } = report.rows;
      expect(report).toMatchObject({ verdict: 'partial', errorsByReason: { not_approved: failed } });
      expect(answered).toBeGreaterThan(20);
      expect(failed).toBeGreaterThan(100);
      expect(await countSent(site)).toBe(answered);
    }),
);
