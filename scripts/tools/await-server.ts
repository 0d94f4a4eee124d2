// Waits until a server that was just started answers by HTTP.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.ts';

const readyMs = 60_000;

/** Any answer will do. Stops the server if it does not start. */
export async function awaitServer(server: Child, url: string): Promise<Child> {
  for (const end = Date.now() + readyMs; !(await answers(url)); await sleep(50)) {
    if (server.running && Date.now() < end) continue;
    await server.stop();
    throw new Error(`The server at ${url} did not start. It last said:\n${server.tail()}`);
  }
  return server;
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
