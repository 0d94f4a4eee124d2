// `serve`: runs the gateway until it is told to end.

import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { createStore } from '../../../../storage/registry.ts';
import { environment, surroundings } from '../../../surroundings.ts';
import { wholeNumber } from '../../arguments.ts';
import type { Context } from '../../context.ts';
import { printDone, say } from '../../print.ts';

interface ServeFlags {
  readonly host: string;
  readonly port: number;
}

export function addServe(program: Command, context: Context): void {
  program
    .command('serve')
    .summary('run the gateway: jobs, events, queues and the fronts of vendors over HTTP')
    .description(
      'Runs the gateway until Ctrl-C. Without tokens it listens on this machine alone. NIGHTSHIFT_GATEWAY names its configuration file, and NIGHTSHIFT_GATEWAY_SECRET signs ids: it is the same for all gateways that run next to each other.',
    )
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'the port; 0 takes a free one', wholeNumber(0, 65_535), 4020)
    .action(async (flags: ServeFlags) => {
      // Most commands never need the server.
      const [{ serveGateway }, { readGatewayConfig }] = await Promise.all([
        import('../../../gateway/serve.ts'),
        import('../../../gateway/config.ts'),
      ]);
      // Otherwise the heap grows by what a thousand readers leave behind: 360 MB instead of 60.
      setFlagsFromString('--optimize-for-size');
      const config = readGatewayConfig(environment.NIGHTSHIFT_GATEWAY || null);
      const jobs = await context.jobs();
      const store = createStore(surroundings());
      const secret = readSecret(config.tokens.length > 0);
      const log = (event: Readonly<Record<string, unknown>>): void => say(describeEvent(event));
      const gateway = await serveGateway({ jobs, store, config, secret, now: Date.now, log }, flags);
      printDone(`the gateway listens on ${gateway.url}`, { url: gateway.url });
      await awaitSignal();
      say('the gateway drains: it takes nothing new, and ends when its requests have ended');
      await gateway.drain();
    });
}

/** Ids that are signed by one gateway must be known to the next, so a random secret is for one machine alone. */
function readSecret(isShared: boolean): Buffer {
  const secret = environment.NIGHTSHIFT_GATEWAY_SECRET;
  if (secret !== undefined && secret !== '') {
    if (secret.length < 32) throw new Error('NIGHTSHIFT_GATEWAY_SECRET: has fewer than 32 characters');
    return Buffer.from(secret);
  }
  if (isShared) {
    throw new Error(
      'NIGHTSHIFT_GATEWAY_SECRET: set it to 32 random characters or more; it signs the ids of files and batches',
    );
  }
  return randomBytes(32);
}

const awaitSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });

/** An error's own words may quote what a caller sent. */
function describeEvent({ event, error, ...rest }: Readonly<Record<string, unknown>>): string {
  const name = error instanceof Error ? { error: error.name } : {};
  return JSON.stringify({ event, ...rest, ...name });
}
