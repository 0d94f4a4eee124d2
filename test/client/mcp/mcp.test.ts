// `nightshift mcp` as an agent uses it: the official client over standard input and output, and a real gateway.

import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { devServer } from '../../support/temporal.ts';
import { testToken, withGateway } from '../gateway/gateway-site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 300, finalizeMs: 50, cancelMs: 50 };
const slowMs = 120_000;

interface Answer {
  readonly isError: boolean;
  readonly text: string;
}

interface Agent {
  readonly client: Client;
  call(name: string, given?: Record<string, unknown>): Promise<Answer>;
}

async function withAgent(url: string, token: string, use: (agent: Agent) => Promise<void>): Promise<void> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(projectRoot, 'client/cli/main.ts'), 'mcp'],
    env: { PATH: process.env.PATH ?? '', NIGHTSHIFT_GATEWAY_URL: url, NIGHTSHIFT_GATEWAY_TOKEN: token },
    stderr: 'pipe',
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  const call = async (name: string, given: Record<string, unknown> = {}): Promise<Answer> => {
    const { isError = false, content } = await client.callTool({ name, arguments: given });
    const [first] = content;
    return { isError, text: first?.type === 'text' ? first.text : '' };
  };
  try {
    await use({ client, call });
  } finally {
    await client.close();
  }
}

test('an agent estimates, starts, pauses, resumes and inspects a job, and reads its failures', {
  timeout: slowMs,
}, () => {
  const { token, entry } = testToken('acme', ['read', 'start', 'change']);
  const gateway = { tokens: [entry] };
  return withGateway(server.env, 'agent', { ...quick, gateway, itemErrors: { rate400: 0.3 } }, async (at) => {
    await withAgent(at.gateway.url, token, async ({ client, call }) => {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name).toSorted()).toEqual([
        ...['estimate_job', 'failures', 'inspect_job', 'list_jobs', 'pause_job', 'resume_job', 'start_job'],
      ]);
      const reading = tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name);
      expect(reading.toSorted()).toEqual(['estimate_job', 'failures', 'inspect_job', 'list_jobs']);
      const job = { ...at.site.openaiJob(20), dataset: 'acme/rows.jsonl', budget: { usd: 1 }, minBatchItems: 1 };
      mkdirSync(join(at.site.root, 'acme'));
      renameSync(join(at.site.root, 'rows.jsonl'), join(at.site.root, 'acme/rows.jsonl'));
      const estimate = await call('estimate_job', { id: 'by-agent', job });
      expect(JSON.parse(estimate.text)).toMatchObject({ rows: { accepted: 20 } });
      expect(await call('start_job', { id: 'by-agent', job })).toEqual({ isError: false, text: '{"id":"by-agent"}' });
      expect((await call('start_job', { id: 'by-agent', job })).text).toContain('runs already');
      const paused = await call('pause_job', { id: 'by-agent', note: 'a look at the costs' });
      expect(JSON.parse(paused.text).pauses).toMatchObject([{ note: 'a look at the costs' }]);
      expect((await call('resume_job', { id: 'by-agent' })).isError).toBe(false);
      await at.site.env.client.workflow.getHandle('acme/by-agent').result();
      expect(JSON.parse((await call('inspect_job', { id: 'by-agent' })).text)).toMatchObject({ state: 'completed' });
      const { failures } = JSON.parse((await call('failures', { id: 'by-agent' })).text);
      expect(failures).toMatchObject([{ reason: 'bad_request', rows: expect.any(Array) }]);
      const { jobs } = JSON.parse((await call('list_jobs')).text);
      expect(jobs).toMatchObject([{ id: 'by-agent', state: 'completed' }]);
    });
  });
});

test('scopes and tenants hold for agents, and no answer has the token', { timeout: slowMs }, () => {
  const [reader, other] = [testToken('acme', ['read']), testToken('umbrella', ['read'])];
  const gateway = { tokens: [reader.entry, other.entry] };
  return withGateway(server.env, 'reader', { ...quick, gateway }, async (at) => {
    await withAgent(at.gateway.url, reader.token, async ({ call }) => {
      for (const [name, given] of [
        ['start_job', { id: 'x', job: {} }],
        ['estimate_job', { id: 'x', job: {} }],
        ['pause_job', { id: 'x' }],
      ] as const) {
        const { isError, text } = await call(name, given);
        expect([name, isError, text]).toEqual([
          name,
          true,
          expect.stringMatching(/does not have the scope (start|change)/),
        ]);
      }
      expect(await call('inspect_job', { id: '../../healthz' })).toMatchObject({ isError: true });
      expect((await call('inspect_job', { id: 'nobody' })).text).toContain('there is no job');
    });
    await withAgent(at.gateway.url, 'ns_wrong', async ({ call }) => {
      const { isError, text } = await call('list_jobs');
      expect([isError, text]).toEqual([true, expect.stringContaining('does not know this token')]);
      expect(text).not.toContain('ns_wrong');
    });
  });
});

test('without a gateway, the agent is told what to do', { timeout: slowMs }, () =>
  withAgent('http://someone:secret@127.0.0.1:9', 'ns_token', async ({ call }) => {
    expect(await call('list_jobs')).toEqual({
      isError: true,
      text: 'the gateway does not answer at http://127.0.0.1:9: start it with `nightshift serve`',
    });
  }),
);
