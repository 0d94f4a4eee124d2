// Limits the batches of a coordinator to the capacity of their provider: one window for each model, because providers limit each model
// separately. A batch that was refused waits until the gate gives it room; while one waits, no other batch of that model is started.

import {
  accept,
  type CapacityWindow,
  countInUse,
  findRoomAt,
  hasRoom,
  listTooLarge,
  listWaiting,
  openWindow,
  refuse,
  release,
  take,
} from '../../domain/capacity/window.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { BatchNews } from '../../domain/progress/events.ts';
import type { CapacityWait } from '../../domain/progress/status.ts';
import { acceptedStates, type Gate, type GatedBatch, hasRun } from './gate.ts';

/** By model. */
export type KnownCapacity = Readonly<Record<string, CapacityWindow>>;

export class CapacityGate implements Gate {
  /** False if other coordinators of the job use the same capacity. */
  readonly #isOnly: boolean;
  #windows = new Map<string, CapacityWindow>();
  /** Models without room for a batch, with the tokens of that batch. */
  readonly #held = new Map<string, number>();

  /** The tokens of each open batch, by its workflow. */
  readonly #tokens = new Map<string, number>();

  constructor(isOnly: boolean) {
    this.#isOnly = isOnly;
  }

  mayStart({ lane, model, estimate }: GatedBatch): boolean {
    if (lane !== 'batch') return true;
    const window = this.#at(model);
    const may = listWaiting(window).length === 0 && hasRoom(window, estimate.inputTokens, Date.now());
    if (may) this.#held.delete(model);
    else this.#held.set(model, estimate.inputTokens);
    return may;
  }

  /** It finds out what fits from what is refused. */
  offer(): void {}

  start(workflowId: string, { lane, model, estimate }: GatedBatch): void {
    if (lane !== 'batch') return;
    this.#tokens.set(workflowId, estimate.inputTokens);
    this.#set(model, take(this.#at(model), workflowId, estimate.inputTokens, Date.now()));
  }

  end(workflowId: string, model: string, tally: Tally | null): void {
    const window = hasRun(tally) ? accept(this.#at(model), workflowId, Date.now()) : this.#at(model);
    this.#set(model, release(window, workflowId));
    this.#tokens.delete(workflowId);
  }

  applyNews(workflowId: string, model: string, { stage, cramped }: BatchNews): void {
    const window = this.#at(model);
    const tokens = this.#tokens.get(workflowId);
    if (tokens === undefined) return;
    if (cramped !== undefined) this.#set(model, refuse(window, workflowId, tokens, cramped.named, Date.now()));
    else if (acceptedStates.has(stage)) this.#set(model, accept(window, workflowId, Date.now()));
  }

  takeTooLarge(): ReturnType<typeof listTooLarge> {
    return [...this.#windows].flatMap(([model, window]) => {
      const tooLarge = listTooLarge(window, this.#isOnly);
      for (const { holder } of tooLarge) this.#set(model, release(this.#at(model), holder));
      return tooLarge;
    });
  }

  takeReady(): readonly string[] {
    const ready: string[] = [];
    for (const model of this.#windows.keys()) {
      for (const { holder, tokens } of listWaiting(this.#at(model))) {
        if (!hasRoom(this.#at(model), tokens, Date.now())) break;
        this.#set(model, take(this.#at(model), holder, tokens, Date.now()));
        ready.push(holder);
      }
    }
    return ready;
  }

  findRoomAt(): number | null {
    const times = [...this.#windows].flatMap(([model, window]) => {
      const isNeeded = this.#held.has(model) || listWaiting(window).length > 0;
      return (isNeeded ? findRoomAt(window, Date.now()) : null) ?? [];
    });
    return times.length === 0 ? null : Math.min(...times);
  }

  describeWaits(): readonly CapacityWait[] {
    return [...this.#windows].flatMap(([model, window]): CapacityWait[] => {
      const waiting = listWaiting(window).length;
      const held = this.#held.get(model);
      // Once there is room, something else holds the batch.
      const isHeld = held !== undefined && window.fitting !== null && !hasRoom(window, held, Date.now());
      if (waiting === 0 && !isHeld) return [];
      return [{ model, waiting, inUse: countInUse(window), fitting: window.fitting, named: window.named }];
    });
  }

  pause(): void {}

  hear(): void {}

  declareAgain(): void {}

  /** For the next run of the workflow. No batch may be open. */
  get known(): KnownCapacity {
    return Object.fromEntries(this.#windows);
  }

  set known(known: KnownCapacity) {
    this.#windows = new Map(Object.entries(known));
  }

  #at(model: string): CapacityWindow {
    return this.#windows.get(model) ?? openWindow;
  }

  #set(model: string, window: CapacityWindow): void {
    this.#windows.set(model, window);
  }
}
