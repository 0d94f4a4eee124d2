// Which ports a stack takes: those that were asked for, else those it had, else any that are free.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, isFree } from '../../../scripts/tools/free-port.ts';
import { choosePorts, usualPorts } from '../../../scripts/tools/stack-ports.ts';

async function takePort(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

test('a port that was asked for comes first, then the one that was used before', async () => {
  const [asked, before, other] = [await freePort(), await freePort(), await freePort()];
  const ports = await choosePorts({ temporal: asked }, { temporal: other, ui: before, emulator: other });
  expect(ports).toEqual({ temporal: asked, ui: before, emulator: other });
});

test('a port that was asked for and is taken is an error that names it', async () => {
  const port = await freePort();
  await takePort(port);
  await expect(choosePorts({ ui: port }, {}, 0)).rejects.toThrow(`Port ${port} is in use by another program`);
});

test('if the usual port is taken, another one is free', async () => {
  if (await isFree(usualPorts.emulator, '127.0.0.1')) await takePort(usualPorts.emulator);
  const { emulator } = await choosePorts({}, {}, 0);
  expect(emulator).not.toBe(usualPorts.emulator);
  expect(await isFree(emulator, '127.0.0.1')).toBe(true);
});

test('a port that a killed stack still holds for a moment is waited for', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const chosen = choosePorts({}, { temporal: port });
  server.close();
  expect((await chosen).temporal).toBe(port);
});
