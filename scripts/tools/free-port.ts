// Finds a free port, so that several checkouts, demos and tests can run side by side on one machine.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range that systems use for outgoing connections and for servers that ask for any port: such a port could be taken
// before the caller listens on it. Also, a Temporal cluster stores ports in a column of signed 16-bit integers.
const lowestPort = 10_000;
const highestPort = 32_767;
const triesMax = 100;

export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = randomInt(lowestPort, highestPort);
    if (await isFree(port, host)) return port;
  }
  throw new Error(`No port could be found on ${host}.`);
}

export async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
