// One job for each provider that is made of data, and the accounts that jobs choose: only `provider`, `model` and `account` differ.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobFile } from '../../../domain/job.ts';
import { createProviders, readDefaultAccounts } from '../../../providers/registry.ts';
import { shippedProfiles } from '../../../providers/vendors/compatible/index.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const providers = createProviders(readDefaultAccounts(() => null));

const served = [...Object.keys(shippedProfiles), 'azure', 'digitalocean', 'fireworks', 'mistral', 'openrouter', 'xai'];

const jobFor = (site: Site, provider: string, rows: number, changes: object = {}) => {
  const { request: _, ...job } = site.openaiJob(rows);
  return { ...job, provider, prompt: { user: '{{ text }}', maxTokens: 16 }, ...changes };
};

test.each(served)('a job of %s is answered whole, and paid once', (provider) =>
  Site.with(server.env, `job-${provider}`, { providers: [provider] }, async (site) => {
    const report = await site.run(jobFor(site, provider, 60));
    await site.expectPaidOnce(report, 60);
    expect(report.verdict).toBe('complete');
    const hasBatches = providers.get(provider)?.lanes.includes('batch') === true;
    expect((await site.control.counts()).batchesCreated).toBe(hasBatches ? 1 : 0);
  }),
);

const embedding = {
  model: 'gemini-embedding-001',
  endpoint: 'embedContent',
  prompt: undefined,
  request: { content: { parts: [{ text: '{{ text }}' }] } },
};

test.each([{ model: 'gemini-2.5-flash' }, { model: 'claude-haiku-4-5', endpoint: 'rawPredict' }, embedding])(
  'a job of Vertex AI with %j is answered whole, paid once, and leaves nothing in the bucket',
  (changes) =>
    Site.with(
      server.env,
      `vertex-${changes.model}`,
      { providers: ['vertex'], output: { shuffle: true } },
      async (site) => {
        const report = await site.run(jobFor(site, 'vertex', 60, changes));
        await site.expectPaidOnce(report, 60);
        expect(report.verdict).toBe('complete');
        expect((await site.control.counts()).batchesCreated).toBe(1);
        expect(listBucket(site)).toEqual([]);
      },
    ),
);

function listBucket({ root }: Site): string[] {
  const left = readdirSync(join(root, 'emulated-bucket'), { recursive: true, withFileTypes: true });
  return left.filter((each) => each.isFile()).map(({ name }) => name);
}

test('a job of Bedrock sends what is less than a batch through the realtime lane, and leaves nothing in the bucket', () =>
  Site.with(server.env, 'bedrock', { providers: ['bedrock'], output: { shuffle: true } }, async (site) => {
    const job = { model: 'amazon.nova-lite-v1:0', batch: { maxItems: 120 } };
    const report = await site.run(jobFor(site, 'bedrock', 150, job));
    await site.expectPaidOnce(report, 150);
    expect(report.verdict).toBe('complete');
    const { batchesCreated, executed, sync } = await site.control.counts();
    expect({ batchesCreated, executed, realtime: sync.executed }).toEqual({
      batchesCreated: 1,
      executed: 120,
      realtime: 30,
    });
    expect(listBucket(site)).toEqual([]);
  }));

test('a job of Bedrock that is smaller than any batch, and may not use the realtime lane, fails without being paid', () =>
  Site.with(server.env, 'bedrock-small', { providers: ['bedrock'] }, async (site) => {
    const job = { model: 'amazon.nova-lite-v1:0', fallback: { lane: 'none' } };
    const report = await site.run(jobFor(site, 'bedrock', 60, job));
    const { executed, sync } = await site.control.counts();
    expect({ executed, realtime: sync.executed, failed: report.rows.failed }).toEqual({
      executed: 0,
      realtime: 0,
      failed: 60,
    });
    expect(new Set(site.results().map(({ reason }) => reason))).toEqual(new Set(['bad_request']));
  }));

test('a job of Bedrock reads its answers until they are complete, and its lost create is found', () =>
  Site.with(
    server.env,
    'bedrock-late',
    {
      providers: ['bedrock'],
      batch: { outputGrowsForMs: 10 * minuteMs, requestCountsNull: true },
      loseReply: { route: 'bedrock.batches.create', how: 'reset', times: 1 },
    },
    async (site) => {
      const report = await site.run(jobFor(site, 'bedrock', 120, { model: 'amazon.nova-lite-v1:0' }));
      await site.expectPaidOnce(report, 120);
      expect(report.verdict).toBe('complete');
      expect((await site.control.counts()).batchesCreated).toBe(1);
    },
  ));

test('where no metadata is kept, a create whose reply is lost is found by its file', () =>
  Site.with(
    server.env,
    'by-file',
    { providers: ['together'], loseReply: { route: 'openai.batches.create', how: 'reset', times: 1 } },
    async (site) => {
      const report = await site.run(jobFor(site, 'together', 60));
      await site.expectPaidOnce(report, 60);
      expect(report.verdict).toBe('complete');
      expect((await site.control.counts()).batchesCreated).toBe(1);
    },
  ));

test('a job goes through the account that it names, and one that the worker does not have is refused', () =>
  Site.with(
    server.env,
    'accounts',
    { variables: { NIGHTSHIFT_CONFIG: configFile, EU_KEY: 'key-of-eu' } },
    async (site) => {
      await site.control.setOptions({ keys: { 'key-of-eu': 'eu' } });
      const report = await site.run(jobFor(site, 'openai', 60, { account: 'eu' }));
      expect(report.verdict).toBe('complete');

      await site.start(jobFor(site, 'openai', 60, { account: 'us', output: 'runs/us/' }), 'unknown');
      const error: unknown = await site.result('unknown').catch((failure: unknown) => failure);
      expect(JSON.stringify(error, ['cause', 'details', 'message', 'problems', 'where'])).toContain(
        'there is no account us of openai; the worker has default, eu',
      );
    },
  ));

const slow = { status: 429, tenant: 'eu', times: 2, retryAfter: 1800 };
const batchCalls = ['openai.files.create', 'openai.batches.create', 'openai.batches.retrieve'];

test.each([
  { mode: 'batch', calls: batchCalls, slowedMs: 6 * 29 * minuteMs },
  { mode: 'realtime', calls: ['openai.chat'], slowedMs: 29 * minuteMs },
])('a rate limit of one account slows no job of another account of the provider: $mode', ({ mode, calls, slowedMs }) =>
  Site.with(
    server.env,
    `slow-account-${mode}`,
    {
      providers: ['openai'],
      variables: { NIGHTSHIFT_CONFIG: configFile, EU_KEY: 'key-of-eu', OPENAI_API_KEY: 'key-of-default' },
      keys: { 'key-of-eu': 'eu', 'key-of-default': 'default' },
      calls: Object.fromEntries(calls.map((route) => [route, slow])),
    },
    async (site) => {
      await site.start(jobFor(site, 'openai', 60, { mode, account: 'eu', output: 'runs/eu/' }), `eu-${mode}`);
      const isSlowed = async (): Promise<boolean> =>
        (await site.control.requests()).some(({ status }) => status === 429);
      for (let step = 0; step < 100 && !(await isSlowed()); step += 1) await site.env.sleep(1000);
      const other = await site.run(jobFor(site, 'openai', 60, { mode }));
      expect(other.verdict).toBe('complete');
      expect(Date.parse(other.endedAt) - Date.parse(other.startedAt)).toBeLessThan(20 * minuteMs);
      const slowed = await site.result(`eu-${mode}`);
      expect(slowed.verdict).toBe('complete');
      expect(Date.parse(slowed.endedAt) - Date.parse(slowed.startedAt)).toBeGreaterThan(slowedMs);
      const requests = await site.control.requests();
      const refused = requests.filter(({ status }) => status === 429).map(({ tenant }) => tenant);
      expect([refused.length, new Set(refused)]).toEqual([2 * calls.length, new Set(['eu'])]);
    },
  ),
);

const configFile = join(import.meta.dirname, 'accounts.json');

describe('with a region of the account, at a vendor where each request names it,', () => {
  const options = { providers: ['anthropic'], variables: { ANTHROPIC_REGION: 'us' } };
  const claude = { model: 'claude-haiku-4-5' };

  test.each(['batch', 'realtime'])('every request of a job says so: %s', (mode) =>
    Site.with(server.env, `region-${mode}`, options, async (site) => {
      const report = await site.run(jobFor(site, 'anthropic', 60, { ...claude, mode }));
      await site.expectPaidOnce(report, 60);
      expect(report.verdict).toBe('complete');
      const sent = readFileSync(join(site.root, `runs/region-${mode}/plan/wave-1/batch-0001.requests.jsonl`), 'utf8');
      const lines = sent.trimEnd().split('\n');
      expect(lines).toHaveLength(60);
      expect(lines.every((line) => JSON.parse(line).params.inference_geo === 'us')).toBe(true);
    }),
  );

  test('a request that says another one, or none, is refused before anything is sent', () =>
    Site.with(server.env, 'region-refused', options, async (site) => {
      const params = { ...claude, max_tokens: 16, messages: [{ role: 'user', content: 'x' }] };
      const line = (number: number) => ({
        custom_id: `c-${number}`,
        params: number > 2 ? { ...params, inference_geo: 'us' } : params,
      });
      const dataset = site.dataset(60, line);
      const report = await site.run({ dataset, provider: 'anthropic' });
      expect(report.rows).toMatchObject({ accepted: 58, answered: 58, refused: 2 });
      expect(readFileSync(join(site.root, 'runs/region-refused/rejects.jsonl'), 'utf8')).toContain(
        'inference_geo: must be',
      );

      const elsewhere = { request: { ...params, inference_geo: 'eu' }, prompt: undefined, output: 'runs/elsewhere/' };
      await site.start(jobFor(site, 'anthropic', 60, { ...claude, ...elsewhere }), 'elsewhere');
      const error: unknown = await site.result('elsewhere').catch((failure: unknown) => failure);
      expect(JSON.stringify(error, ['cause', 'details', 'message', 'problems', 'where'])).toContain(
        'inference_geo: must be',
      );
    }));
});

test('a job whose account was given another region pauses, and sends nothing there', () =>
  Site.with(server.env, 'moved', {}, async (site) => {
    await site.start(jobFor(site, 'openai', 60));
    await site.untilCreated(1);
    const path = join(site.root, 'runs/moved/job.json');
    const job: JobFile = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...job, region: 'eu' }));
    await site.untilStatus('paused', ({ pauses }) => pauses.some(({ reason }) => reason === 'wrong_region'));
    const before = (await site.control.requests()).length;
    await site.env.sleep(30 * minuteMs);
    expect((await site.control.requests()).length).toBe(before);

    writeFileSync(path, JSON.stringify(job));
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report.verdict).toBe('complete');
  }));
