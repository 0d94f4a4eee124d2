// Readers that are slow, vanish or wait: none holds memory, and all know that the stream lives.

import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { type GatewaySite, withGateway } from '../gateway-site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 300, finalizeMs: 50, cancelMs: 50 };
const slowMs = 120_000;

/** Sends a request and reads nothing of the answer until it is resumed. */
function ask({ gateway, site }: GatewaySite): Socket {
  const { port, host } = new URL(gateway.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`GET /api/jobs/${site.name}/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return socket.pause();
}

test('a reader that takes nothing is cut off, and others get everything', { timeout: slowMs }, () => {
  const gateway = { limits: { writeSeconds: 1 } };
  const answers = { answer: { bytes: 100_000 } };
  return withGateway(server.env, 'stalled', { ...quick, ...answers, gateway }, async (at) => {
    await at.site.run(at.site.openaiJob(200, { minBatchItems: 0 }));
    const stalled = ask(at);
    const whole = await (await at.fetch('/api/jobs/stalled/events')).text();
    expect(whole.match(/^event: item$/gm)?.length).toBe(200);
    // A socket that takes nothing learns of its end only when it writes.
    let isCut = false;
    stalled.once('error', () => {
      isCut = true;
    });
    const findCut = (): boolean => {
      if (!isCut) stalled.write('\r\n');
      return isCut;
    };
    await expect.poll(findCut, { timeout: 60_000 }).toBe(true);
    expect(at.gateway.logged).toEqual([]);
  });
});

test('a reader of a job that stands still is told that the stream lives', { timeout: slowMs }, () =>
  withGateway(server.env, 'still', { ...quick, gateway: { limits: { heartbeatSeconds: 0.1 } } }, async (at) => {
    await at.site.start(at.site.openaiJob(20, { minBatchItems: 0, rollout: { steps: [0.1, 1], approve: true } }));
    const socket = ask(at)
      .on('error', () => undefined)
      .setEncoding('utf8')
      .resume();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    const beats = (): number => text.match(/^: still here$/gm)?.length ?? 0;
    await expect.poll(beats, { timeout: 60_000 }).toBeGreaterThan(5);
    // It vanishes without a word; the gateway finds out, and still serves others.
    socket.resetAndDestroy();
    await at.site.update('approve').catch(() => undefined);
    await at.site.handle.cancel();
    const whole = await (await at.fetch('/api/jobs/still/events')).text();
    expect(whole).toContain('event: end\ndata: {"state":"');
    expect(at.gateway.logged).toEqual([]);
  }),
);
