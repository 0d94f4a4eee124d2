// Alerts: each is logged and counted once when it is raised, and logged once when it is over. A timer waits for the next one that time alone
// can raise, because a job without progress sends no news. Also starts background work of a workflow.

import { CancellationScope, condition, isCancellation, log, metricMeter } from '@temporalio/workflow';
import { type Alert, type AlertName, alertNames } from '../domain/progress/alerts.ts';

/** Each check costs the history five events, and one check serves several batches that become late one after another. */
const checkEveryMs = 10 * 60_000;

const counter = metricMeter.createCounter('nightshift_alerts', '1', 'Alerts that a job raised, by their name.');

export class AlertLog {
  readonly #raised: Set<string>;

  /** With the alerts that an earlier run of the workflow has raised already. */
  constructor(raised: readonly string[] = []) {
    this.#raised = new Set(raised);
    // Prometheus sees no increase in a series that begins with 1, so the first alert of a worker would fire no rule.
    for (const name of alertNames) counter.add(0, { alert: name });
  }

  get raised(): readonly string[] {
    return [...this.#raised];
  }

  /** Takes the alerts that are true now. */
  update(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const { name, text } = alert;
      if (this.#raised.has(nameAlert(alert))) continue;
      this.#raised.add(nameAlert(alert));
      log.warn(`alert: ${text}`, { event: 'alert', alert: name });
      counter.add(1, { alert: name });
    }
    const current = new Set(alerts.map(nameAlert));
    for (const raised of this.#raised) {
      if (current.has(raised)) continue;
      this.#raised.delete(raised);
      log.info(`alert over: ${raised}`, { event: 'alert_over', alert: raised });
    }
  }
}

/** Of a workflow whose alerts end only when a person acts, or never: each is raised once. */
export function raiseOnce(name: AlertName, text: string, facts: Readonly<Record<string, unknown>>): void {
  log.warn(`alert: ${text}`, { event: 'alert', alert: name, ...facts });
  counter.add(1, { alert: name });
}

const nameAlert = ({ name, of }: Alert): string => (of === undefined ? name : `${name} ${of}`);

/**
 * Calls `check` when time alone may have raised an alert, until the returned scope is cancelled. `findDueAt` gives that time: null if only news
 * can raise one. A workflow that waits for weeks without a due check writes nothing.
 */
export const checkWhenDue = (findDueAt: () => number | null, check: () => void): CancellationScope =>
  callWhenDue(findDueAt, check, { summary: 'check for alerts', everyMs: checkEveryMs });

/** Calls `act` at each time that `findDueAt` finds, with at least `everyMs` between, until the returned scope is cancelled. */
export function callWhenDue(
  findDueAt: () => number | null,
  act: () => void,
  { summary, everyMs }: { readonly summary: string; readonly everyMs: number },
): CancellationScope {
  return runInBackground(async () => {
    for (let notBefore = 0; ; ) {
      const dueAt = findDueAt();
      if (dueAt === null) {
        await condition(() => findDueAt() !== null);
        continue;
      }
      const at = Math.max(dueAt, notBefore);
      // If the time moves later, that is noticed when this time has come.
      const isEarlier = (): boolean => Math.max(findDueAt() ?? at, notBefore) < at;
      if (await condition(isEarlier, Math.max(1, at - Date.now()), { summary })) continue;
      act();
      notBefore = Date.now() + everyMs;
    }
  });
}

/** Runs work in the background until it ends or the returned scope is cancelled. A failure fails the workflow task. */
export function runInBackground(work: () => Promise<void>): CancellationScope {
  const scope = new CancellationScope();
  scope.run(work).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return scope;
}
