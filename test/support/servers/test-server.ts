// Starts the time-skipping test server, a Java program. The SDK would start it itself, but gives it only 5 s to answer, too little for a JVM on
// a busy machine, and leaves it running if the test's process is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { startChild } from '../../../scripts/tools/child.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';

const readyTimeoutMs = 120_000;

export interface TestServer {
  readonly address: string;
  stop(): Promise<void>;
}

export async function startTestServer(executable: string): Promise<TestServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = startChild(executable, [String(port)], { name: 'test server' });
  for (const end = Date.now() + readyTimeoutMs; !(await isServing(address)); await sleep(100)) {
    if (server.running && Date.now() < end) continue;
    await server.stop();
    throw new Error(`The test server at ${address} did not start. It last said:\n${server.tail()}`);
  }
  return { address, stop: server.stop };
}

async function isServing(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}
