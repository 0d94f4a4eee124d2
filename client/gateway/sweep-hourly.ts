// Sweeps now and every hour, until the gateway drains. What fails is tried again in an hour.

import type { GatewayParts } from './parts.ts';

const everyMs = 3_600_000;

export function sweepHourly(
  sweep: () => Promise<void>,
  { log, draining }: Pick<GatewayParts, 'log' | 'draining'>,
): void {
  const run = (): void => void sweep().catch((error: unknown) => log({ event: 'sweep_failed', error }));
  run();
  const timer = setInterval(run, everyMs).unref();
  draining.addEventListener('abort', () => clearInterval(timer));
}
