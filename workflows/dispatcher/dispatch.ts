// The one workflow of a namespace that decides which batches of all jobs may start. It runs for ever, as a chain of runs that hand over their
// state. If it is terminated, the next declaration starts it again, and it takes over what the last one knew.

import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  type CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  metricMeter,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Answer, Declaration, Grants } from '../../domain/dispatch/declaration.ts';
import { declare, noteSeen } from '../../domain/dispatch/declare.ts';
import { type Dispatched, decideAgain, hasPlace, takeDeclaration, takeGone } from '../../domain/dispatch/dispatch.ts';
import { findNextChangeAt, type Look, listSilent, lookedForMax, planLook } from '../../domain/dispatch/due.ts';
import { findRate } from '../../domain/dispatch/lane-rate.ts';
import { settlesMs } from '../../domain/dispatch/lanes.ts';
import type { Limits, Overrides } from '../../domain/dispatch/limits.ts';
import { findDispatchAlerts } from '../../domain/dispatch/page/alerts.ts';
import { renderDetails } from '../../domain/dispatch/page/details.ts';
import { describeOverdrawn, renderPage } from '../../domain/dispatch/page/page.ts';
import { type DispatchState, emptyState, type Holder } from '../../domain/dispatch/state.ts';
import { takeFile } from '../../domain/dispatch/take-file.ts';
import { readOwn } from '../../domain/read-own.ts';
import { AlertLog, callWhenDue } from '../alerting.ts';
import { isHistoryLong } from '../history.ts';
import { dispatchCall } from '../proxies.ts';
import { declareUpdate, grantsSignal, holdingsQuery, rateQuery, reclaimUpdate, snapshotQuery } from './messages.ts';
import { registerPersonUpdates } from './person-updates.ts';

/** `carried` is the state of the run before this one; null at the first. */
export async function dispatch(carried: DispatchState | null): Promise<never> {
  const dispatcher = new Dispatcher(carried);
  if (carried === null) await dispatcher.recover();
  const timers = dispatcher.startTimers();
  await condition(() => isHistoryLong(historyEventsMax));
  for (const timer of timers) timer.cancel();
  dispatcher.isClosing = true;
  await condition(() => allHandlersFinished() && dispatcher.isQuiet);
  return continueAsNew<typeof dispatch>(dispatcher.state);
}

const historyEventsMax = 4_000;
/** A job that was asked to declare, and did not within this time, has nothing to say. */
const recoverMs = 20_000;
/** However many jobs there are, and whatever they wait for. */
const looksMinMs = 30_000;

const waits = metricMeter.createHistogram(
  'nightshift_dispatcher_wait',
  'float',
  's',
  'How long batches have waited for the dispatcher.',
);

class Dispatcher {
  state: DispatchState;
  /** It takes nothing more, because it continues as a new run. Jobs that ask it try again. */
  isClosing = false;
  /** It grants nothing before it knows what is held. */
  #isReady: boolean;
  /** What was declared before it was ready. */
  readonly #early: Declaration[] = [];
  /** How many signals and searches have not ended. */
  #busy = 0;
  readonly #startedAt = Date.now();
  #hasMore = false;
  #alertLog: AlertLog;

  constructor(carried: DispatchState | null) {
    this.state = carried ?? emptyState(Date.now());
    this.#isReady = carried !== null;
    this.#alertLog = new AlertLog(carried?.alerts);
    this.#registerHandlers();
  }

  get isQuiet(): boolean {
    return this.#busy === 0;
  }

  /** Takes over the state of a dispatcher that was ended. If that cannot be read, every job is asked to declare again. */
  async recover(): Promise<void> {
    const what = 'take over what the last dispatcher knew';
    const { snapshot, asked, isFirst = asked.length === 0 } = await dispatchCall(what).recoverDispatcher();
    if (snapshot !== null) this.#takeOver(snapshot);
    else if (!isFirst) this.state = { ...this.state, lanesFrom: Date.now() + settlesMs };
    if (asked.length > 0) {
      log.warn('what the last dispatcher knew cannot be read: all jobs declare again', { jobs: asked.length });
      const haveDeclared = (): boolean => asked.every((holder) => readOwn(this.state.holders, holder) !== undefined);
      await condition(haveDeclared, recoverMs, { summary: 'wait until all jobs have declared' });
    }
    this.#isReady = true;
    const early = this.#early.map(({ holder }) => holder);
    this.#apply(decideAgain(this.state, Date.now(), early));
  }

  /** Jobs that have declared in between know better what they hold. */
  #takeOver(snapshot: DispatchState): void {
    const { digest, file } = this.state;
    const known = digest === '' ? {} : { digest, file };
    this.state = { ...snapshot, ...known };
    this.#alertLog = new AlertLog(snapshot.alerts);
    for (const declaration of this.#early) this.state = declare(this.state, declaration, Date.now());
  }

  startTimers(): readonly CancellationScope[] {
    return [
      callWhenDue(
        () => (this.#hasMore ? Date.now() : findNextChangeAt(this.state, Date.now())),
        () => this.#apply(decideAgain(this.state, Date.now())),
        { summary: 'see whether there is room or money again', everyMs: 1_000 },
      ),
      callWhenDue(
        () => this.#planLook()?.at ?? null,
        () => {
          const { silentMs = 0 } = this.#planLook() ?? {};
          this.state = { ...this.state, reclaimedAt: Date.now() };
          this.#reclaim(listSilent(this.state, Date.now() - silentMs)).catch(() => undefined);
        },
        { summary: 'look for jobs that ended without a word', everyMs: looksMinMs },
      ),
    ];
  }

  #registerHandlers(): void {
    setHandler(declareUpdate, ({ declaration, digest, limits }) => this.#declare(declaration, digest, limits), {
      description: 'From a job or a segment: what it holds and wants.',
      validator: (_input) => {
        if (this.isClosing) {
          throw ApplicationFailure.create({ message: 'the dispatcher continues as a new run: try again' });
        }
      },
    });
    setHandler(reclaimUpdate, () => this.#untilReady().then(() => this.#reclaimAll()), {
      description: 'Look now for jobs that ended without a word.',
    });
    registerPersonUpdates((change) => this.#untilReady().then(() => this.#change(change)));
    setHandler(holdingsQuery, () => renderPage(this.state, Date.now()), {
      description: 'Who holds what, who waits for what and why, and what it costs.',
    });
    setHandler(rateQuery, (asked) => findRate(this.#isReady ? this.state : null, asked, Date.now()), {
      description: 'For a realtime lane: the requests and tokens a minute that it may use.',
    });
    setHandler(snapshotQuery, () => (this.#isReady ? this.state : null), {
      description: 'For the next dispatcher: everything.',
    });
  }

  #declare(declaration: Declaration, digest: string, limits?: Limits): Answer {
    if (digest !== this.state.digest) {
      if (limits === undefined) return { kind: 'limits_wanted' };
      this.state = takeFile(this.state, digest, limits, Date.now());
    }
    if (!hasPlace(this.state, declaration)) return { kind: 'later' };
    if (!this.#isReady) {
      // It is told by a signal. The server lets only ten updates wait.
      this.#early.push(declaration);
      this.state = declare(this.state, declaration, Date.now());
      return { kind: 'nothing' };
    }
    const { told, ...rest } = takeDeclaration(this.state, declaration, Date.now());
    const { [declaration.holder]: own, ...others } = told;
    this.#apply({ ...rest, told: others });
    return own === undefined ? { kind: 'nothing' } : { kind: 'told', grants: own };
  }

  #planLook(): Look | null {
    return planLook(this.state, this.#startedAt);
  }

  #untilReady(): Promise<void> {
    return condition(() => this.#isReady);
  }

  #change(change: (overrides: Overrides) => Overrides): string {
    this.#apply(decideAgain({ ...this.state, overrides: change(this.state.overrides) }, Date.now()));
    const overdrawn = describeOverdrawn(renderPage(this.state, Date.now()));
    return ['set', ...overdrawn].join('; ');
  }

  /** Each is looked for once, however many there are. */
  async #reclaimAll(): Promise<readonly string[]> {
    const beganAt = Date.now();
    const all: string[] = [];
    for (let left = Object.keys(this.state.holders).length; left > 0; left -= lookedForMax) {
      all.push(...(await this.#reclaim(listSilent(this.state, beganAt))));
    }
    return all;
  }

  /** Gives back what those of these holders had whose workflows have ended. */
  async #reclaim(silent: readonly [string, Holder][]): Promise<readonly string[]> {
    if (silent.length === 0) return [];
    const looked = await this.#whileBusy(() =>
      dispatchCall('look for jobs that ended without a word').listEnded(silent.map(([holder]) => holder)),
    );
    // One that has declared in between was started again.
    const runs = new Map(silent.map(([holder, { seq, run }]) => [holder, `${run} ${seq}`]));
    const ended = looked.filter((holder) => {
      const known = readOwn(this.state.holders, holder);
      return known !== undefined && runs.get(holder) === `${known.run} ${known.seq}`;
    });
    if (ended.length > 0) log.warn('jobs ended without a word: what they held is given back', { holders: ended });
    const seen = noteSeen(this.state, [...runs.keys()], Date.now());
    this.#apply(takeGone(seen, ended, Date.now()));
    return ended;
  }

  #apply({ state, told, waited, hasMore }: Dispatched): void {
    this.state = state;
    this.#hasMore = hasMore;
    for (const { priority, ms } of waited) waits.record(ms / 1000, { priority: String(priority) });
    for (const [holder, grants] of Object.entries(told)) this.#tell(holder, grants).catch(() => undefined);
    const page = renderPage(state, Date.now());
    this.#alertLog.update(findDispatchAlerts(page));
    this.state = { ...this.state, alerts: this.#alertLog.raised };
    setCurrentDetails(renderDetails(page, Date.now()));
  }

  /** A holder that cannot be told may have ended: it is looked for. */
  async #tell(holder: string, grants: Grants): Promise<void> {
    try {
      await this.#whileBusy(() => getExternalWorkflowHandle(holder).signal(grantsSignal, grants));
    } catch {
      const known = readOwn(this.state.holders, holder);
      if (!this.isClosing && known !== undefined) await this.#reclaim([[holder, known]]);
    }
  }

  async #whileBusy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }
}
