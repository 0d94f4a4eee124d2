// Alerts as they come and go: each is logged and counted once. And the waking for it, since what stands still sends no news.

import { type CancellationScope, log, metricMeter, sleep } from '@temporalio/workflow';
import type { Alert, AlertName } from '../domain/progress/alerts.ts';
import { inBackground } from './background.ts';

const everyMs = 10 * 60_000;
/** A job may be paused for weeks, and each waking costs its history five events. */
const everyPausedMs = 60 * 60_000;

const counter = metricMeter.createCounter('nightshift_alerts', '1', 'Alerts that a job raised, by their name.');

export class Alarm {
  readonly #raised = new Set<AlertName>();

  sound(alerts: readonly Alert[]): void {
    for (const { name, text } of alerts) {
      if (this.#raised.has(name)) continue;
      this.#raised.add(name);
      log.warn(`alert: ${text}`, { event: 'alert', alert: name });
      counter.add(1, { alert: name });
    }
    for (const name of this.#raised) {
      if (alerts.some((alert) => alert.name === name)) continue;
      this.#raised.delete(name);
      log.info(`alert over: ${name}`, { event: 'alert_over', alert: name });
    }
  }
}

/** Calls `look` now and then until it is cancelled. */
export function checkPeriodically(isPaused: () => boolean, look: () => void): CancellationScope {
  return inBackground(async () => {
    for (;;) {
      await sleep(isPaused() ? everyPausedMs : everyMs, { summary: 'looks whether anything is amiss' });
      look();
    }
  });
}
