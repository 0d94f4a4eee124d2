// A server of one test that answers as no real store does.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { onTestFinished, vi } from 'vitest';

/** Returns its address. It is gone after the test, and so are the variables that the test has set. */
export async function serveOddly(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    vi.unstubAllEnvs();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** For a server that speaks S3. */
export async function serveOddS3(answer: RequestListener): Promise<void> {
  vi.stubEnv('AWS_ENDPOINT_URL', await serveOddly(answer));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
}
