// Plays a script: at the calls that the script names, it kills the worker, gives a person's commands, and switches faults on for one call.

import { activityInfo } from '@temporalio/activity';
import type { BatchFault } from '../../emulator/faults/batch-faults.ts';
import type { createControl } from '../../emulator/server/control.ts';
import type { RouteName } from '../../emulator/server/routes.ts';
import { requireEmulated } from '../../test/providers/vendors/emulated/setups.ts';
import {
  type CallKind,
  type Deed,
  nameMoment,
  type ProviderCall,
  providerCalls,
  type Script,
  type ScriptEvent,
} from '../script/script.ts';
import { CallLock } from './call-lock.ts';
import type { Call, CallLog } from './call-log.ts';
import type { Commands } from './commands.ts';
import type { CallWatcher, Incarnation } from './incarnation.ts';

type Fault = Exclude<Deed, { kind: 'death' | 'command' }>;

const isFault = ({ deed }: ScriptEvent): boolean => deed.kind !== 'death' && deed.kind !== 'command';

export class Director implements CallWatcher {
  /** Moments at which something happened. */
  readonly fired = new Set<ScriptEvent>();
  /** The results of the commands. */
  readonly notes: string[] = [];
  /** The fault of each provider batch that was made with one, by the number of its creation. */
  readonly batchFaults = new Map<number, BatchFault>();
  readonly #script: Script;
  readonly #control: ReturnType<typeof createControl>;
  readonly #calls: CallLog;
  readonly #commands: Commands;
  readonly #kill: () => void;
  readonly #lock = new CallLock();

  constructor(
    script: Script,
    control: ReturnType<typeof createControl>,
    calls: CallLog,
    commands: Commands,
    kill: () => void,
  ) {
    this.#script = script;
    this.#control = control;
    this.#calls = calls;
    this.#commands = commands;
    this.#kill = kill;
  }

  async watch<T>(life: Incarnation, kind: CallKind, work: () => Promise<T>): Promise<T> {
    const call = await this.#calls.begin(readPart(), kind);
    await this.#play(call, 'before', life);
    life.requireAlive();
    try {
      return await (isProviderCall(kind) ? this.#callProvider(call, kind, work) : work());
    } finally {
      await this.#play(call, 'after', life);
    }
  }

  async #play(call: Call, when: 'before' | 'after', life: Incarnation): Promise<void> {
    const due = this.#script.events.filter(
      (event) => !isFault(event) && !this.fired.has(event) && event.at.when === when && isAt(event, call),
    );
    for (const event of due) {
      this.fired.add(event);
      if (event.deed.kind === 'death') {
        if (!life.isDead) this.#kill();
      } else if (event.deed.kind === 'command') {
        this.notes.push(`${nameMoment(event.at)}: ${await this.#commands.give(event.deed.command)}`);
      }
    }
  }

  #callProvider<T>(call: Call, kind: ProviderCall, work: () => Promise<T>): Promise<T> {
    const faults = this.#script.events.filter((event) => isFault(event) && isAt(event, call));
    for (const event of faults) this.fired.add(event);
    // Creates run one by one, so that it is known which provider batch has which fault.
    return this.#lock.run(faults.length > 0 || kind === 'create', async () => {
      const { routes } = requireEmulated(this.#script.vendor);
      const route = routes[kind === 'ask' ? 'call' : kind];
      for (const { deed } of faults) await this.#switchOn(deed as Fault, route);
      try {
        return await work();
      } finally {
        if (faults.length > 0) await this.#control.setOptions({ calls: null, loseReply: null, truncateBody: null });
      }
    });
  }

  async #switchOn(fault: Fault, route: RouteName | null): Promise<void> {
    if (route === null) return;
    if (fault.kind === 'refusal') {
      const { times: _, ...refusal } = fault.refusal;
      await this.#control.setOptions({ calls: { [route]: refusal } });
    } else if (fault.kind === 'lost reply') {
      await this.#control.setOptions({ loseReply: { route, times: 1, how: fault.how } });
    } else if (fault.kind === 'cut') {
      const { afterBytes, withLength } = fault;
      await this.#control.setOptions({ truncateBody: { route, afterBytes, withLength, times: 1 } });
    } else {
      await this.#spoilNextBatch(fault.fault);
    }
  }

  async #spoilNextBatch(fault: BatchFault): Promise<void> {
    const { batchesCreated } = await this.#control.counts();
    this.batchFaults.set(batchesCreated + 1, fault);
    const batch = [...this.batchFaults].map(([number, each]) => ({ ...each, applyTo: { batches: [number] } }));
    await this.#control.setOptions({ batch });
  }
}

/** The workflow's id below its job's. */
function readPart(): string {
  const [, ...rest] = activityInfo().workflowExecution?.workflowId.split('/') ?? [];
  return rest.length === 0 ? 'job' : rest.join('/');
}

const isProviderCall = (kind: CallKind): kind is ProviderCall => providerCalls.some((call) => call === kind);

function isAt({ at, deed }: ScriptEvent, call: Call): boolean {
  if (at.kind !== call.kind || (at.part !== 'any' && at.part !== call.part)) return false;
  const nth = at.part === 'any' ? call.nthOfAny : call.nth;
  return nth >= at.nth && nth < at.nth + countTimes(deed);
}

function countTimes(deed: Deed): number {
  if (deed.kind === 'refusal') return deed.refusal.times;
  return deed.kind === 'lost reply' || deed.kind === 'cut' ? deed.times : 1;
}
