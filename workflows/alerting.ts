// Alerts: each is logged and counted once when it is raised, and logged once when it is over. A timer checks for them, because a job that
// makes no progress sends no news. Work beside the main line of a workflow is started here too.

import { CancellationScope, isCancellation, log, metricMeter, sleep } from '@temporalio/workflow';
import type { Alert, AlertName } from '../domain/progress/alerts.ts';

const everyMs = 10 * 60_000;
/** A job may be paused for weeks, and each check costs its history five events. */
const everyPausedMs = 60 * 60_000;

const counter = metricMeter.createCounter('nightshift_alerts', '1', 'Alerts that a job raised, by their name.');

export class AlertLog {
  readonly #raised = new Set<AlertName>();

  /** Takes the alerts that hold now. */
  update(alerts: readonly Alert[]): void {
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

/** Calls `check` every ten minutes (every hour while paused) until the returned scope is cancelled. */
export function checkPeriodically(isPaused: () => boolean, check: () => void): CancellationScope {
  return runInBackground(async () => {
    for (;;) {
      await sleep(isPaused() ? everyPausedMs : everyMs, { summary: 'check for alerts' });
      check();
    }
  });
}

/** Runs work beside the main line until it ends or the returned scope is cancelled. A failure fails the workflow task. */
export function runInBackground(work: () => Promise<void>): CancellationScope {
  const scope = new CancellationScope();
  scope.run(work).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return scope;
}
