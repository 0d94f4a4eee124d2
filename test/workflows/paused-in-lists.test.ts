// Lists show by the search attributes alone that a job is paused: no worker is asked. On the real server.

import { defineSearchAttributeKey } from '@temporalio/common';
import { expect, test } from 'vitest';
import { until } from '../end-to-end/crash/cell.ts';
import { devServer } from '../support/temporal.ts';
import { Site } from './site.ts';

const server = devServer();
const phase = defineSearchAttributeKey('NightshiftPhase', 'KEYWORD');

test('lists show that a job is paused, and that it continues', () =>
  Site.with(server.env, 'paused-in-lists', { validateMs: 50, runMs: 500, finalizeMs: 50 }, async (site) => {
    const readPhase = async () => (await site.handle.describe()).typedSearchAttributes.get(phase);
    const shows = (wanted: string) => until(wanted, async () => (await readPhase()) === wanted);
    await site.start(site.openaiJob(40, { poll: { initial: '200ms', max: '300ms' }, minBatchItems: 1 }));
    await shows('running');
    await site.update('pause');
    expect(await readPhase()).toBe('paused');
    await site.update('resume');
    await shows('running');
    expect(await site.result()).toMatchObject({ verdict: 'complete' });
    expect(await readPhase()).toBe('done');
  }));
