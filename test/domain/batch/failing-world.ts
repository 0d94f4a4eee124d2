// Drives the batch machine as a worker does, in a world where processes die and people change their minds. What is on disk survives.

import type { BatchEvent } from '../../../domain/batch/events.ts';
import { isConfirmedBy } from '../../../domain/batch/evidence.ts';
import { type BatchCase, type BatchStep, mayYield, newCase, nextStep } from '../../../domain/batch/machine.ts';
import type { UnrunAction } from '../../../domain/batch/state.ts';
import { applyEvent } from '../../../domain/batch/transitions.ts';
import type { Choices } from './choices.ts';
import { Disk } from './disk.ts';
import { LyingProvider, type Made, rules } from './lying-provider.ts';
import { bounds, classifyItems, type Fate } from './rulebook.ts';

const minute = 60_000;

export class FailingWorld {
  now = 0;
  steps = 0;
  /** Whether a create of the items was ever sent. */
  sent = false;
  fates: readonly Fate[] | null = null;
  readonly provider: LyingProvider;
  readonly #items: number;
  readonly #choices: Choices;
  readonly #deadlineMs: number;
  /** Someone else's batch might be the one that is searched for, for as long as it runs. */
  readonly #hasForeign: boolean;
  readonly #jobEvents: BatchEvent[] = [];
  readonly #readings = new Map<string, ReadonlySet<number>>();
  readonly #disk = new Disk();
  #known: BatchCase;

  constructor(items: number, choices: Choices, deadlineMs: number) {
    this.provider = new LyingProvider(items, choices);
    this.#items = items;
    this.#choices = choices;
    this.#deadlineMs = deadlineMs;
    this.#known = newCase(deadlineMs);
    this.#hasForeign = choices.onceIn(6);
  }

  walk(stepsMax: number): void {
    while (this.fates === null && this.steps < stepsMax) {
      this.steps += 1;
      this.#disturb();
      this.#take(nextStep(this.#known, this.now, rules, bounds));
    }
    this.provider.finish(this.now);
  }

  #apply(event: BatchEvent): void {
    this.#known = applyEvent(this.#known, event, this.now, { rules, bounds });
  }

  /** What people, clocks and machines do at any time. */
  #disturb(): void {
    const change = this.#choices.pick(40);
    if (change === 1) this.#apply({ kind: 'paused' });
    if (change === 2) this.#apply({ kind: 'resumed' });
    if (change === 3) this.#applyForever({ kind: 'deadline' });
    if (change === 4) this.#apply({ kind: 'cancelled', endBy: null });
    if (change === 5) this.#apply({ kind: 'trouble', trouble: 'unauthorized' });
    if (change === 6) this.#apply({ kind: 'deadline_changed', deadlineMs: (1 + this.#choices.pick(40)) * 60 * minute });
    if (change === 7) this.#restart();
    if (change === 8) this.#apply({ kind: 'interrupted' });
    if (change === 9) this.#apply({ kind: 'nudged' });
    if (change === 10) this.now += (1 + this.#choices.pick(48)) * 60 * minute;
  }

  /** What the job still wants after its batch was started again. */
  #applyForever(event: BatchEvent): void {
    this.#jobEvents.push(event);
    this.#apply(event);
  }

  /** Killed, terminated, reset or taken over: what is on disk is all that is left. */
  #restart(): void {
    this.#known = newCase(this.#deadlineMs);
    for (const event of this.#jobEvents) this.#apply(event);
  }

  #take(step: BatchStep): void {
    switch (step.kind) {
      case 'recover':
        this.#apply({ kind: 'recovered', ...this.#disk.read(), settled: false });
        break;
      case 'hold':
        this.#hold(step);
        break;
      case 'upload':
        this.#upload();
        break;
      case 'create':
        this.#create();
        break;
      case 'find':
        this.#find();
        break;
      case 'cancel':
        this.#cancel(step.id);
        break;
      case 'poll':
        this.#poll(step.id);
        break;
      case 'read':
        this.#read(step.id);
        break;
      case 'classify':
        this.#classify(step.final);
        break;
      case 'leave':
        this.#leave();
        break;
      case 'done':
        throw new Error('done before the answers were classified');
    }
  }

  #hold({ why, until }: Extract<BatchStep, { kind: 'hold' }>): void {
    if (why === 'capacity') this.#apply({ kind: 'room' });
    else if (mayYield(this.#known, rules) && this.#choices.onceIn(2)) this.#apply({ kind: 'yielded' });
    else if (until === null) this.#apply({ kind: 'resumed' });
    else this.now = Math.max(this.now + 1, until);
  }

  /** A job that was cancelled itself settles the batch; otherwise a person cancelled only the batch, and it is started again. */
  #leave(): void {
    if (this.#choices.onceIn(2)) this.#jobEvents.push({ kind: 'cancelled', endBy: this.now + 30 * minute });
    this.#restart();
  }

  #upload(): void {
    if (this.#choices.onceIn(20)) this.#apply({ kind: 'upload_refused', refusal: 'too_large' });
    else this.#apply({ kind: 'uploaded', fileId: 'file' });
  }

  /** An intent on disk is an earlier attempt's; then the batch is looked for; then it is created. */
  #create(): void {
    const overAt = this.now + minute;
    if (this.#disk.intent !== null) {
      this.#apply({ kind: 'create_unknown', overAt: this.#disk.intent.overAt });
      return;
    }
    this.#disk.intent = { overAt, lastsMs: minute, ordinal: this.#known.ordinal };
    const found = this.provider.list(this.#known.ordinal, this.now);
    if (found.length > 0) {
      this.#adopt(found);
      return;
    }
    this.sent = true;
    const fate = this.#choices.pick(12);
    if (fate === 1) this.#refuse('wait_for_capacity');
    else if (fate === 2) this.#refuse('give_back');
    else if (fate === 3) this.#refuse('upload_again');
    else if (fate === 4) this.#apply({ kind: 'create_unknown', overAt });
    else if (fate === 5) this.#restart();
    else this.#createForReal(fate, overAt);
  }

  #createForReal(fate: number, overAt: number): void {
    const made = this.provider.create(this.#known.ordinal, this.now);
    if (fate === 6) this.#apply({ kind: 'create_unknown', overAt });
    else if (fate === 7) this.#restart();
    else this.#adopt([made]);
  }

  #refuse(action: UnrunAction): void {
    this.#disk.intent = null;
    this.#apply({ kind: 'create_refused', action, refusal: 'refused', named: null });
  }

  #adopt(found: readonly Made[]): void {
    const [own, ...twins] = found.map(({ handle }) => handle);
    if (own === undefined) return;
    for (const made of found) this.#disk.add(made, made.handle === own ? 'own' : 'twin');
    this.#disk.intent = null;
    this.#apply({ kind: 'created', handle: own, twins });
  }

  #find(): void {
    const isRefused = this.#choices.onceIn(8);
    const found = isRefused ? [] : this.provider.list(this.#known.ordinal, this.now);
    if (found.length > 0) this.#adopt(found);
    else if (isRefused || this.#hasForeign) this.#apply({ kind: 'found_unclear', candidate: null });
    else {
      this.#apply({ kind: 'found_none' });
      if (this.#known.intent === null) this.#disk.intent = null;
    }
  }

  #cancel(id: string): void {
    const made = this.provider.at(id);
    if (!this.#choices.onceIn(4) && made.ending === null) this.provider.end(made, this.now, 'cancelled');
    this.#apply({ kind: this.#choices.onceIn(8) ? 'cancel_refused' : 'cancel_asked', id });
  }

  #poll(id: string): void {
    const made = this.provider.at(id);
    this.now += 1;
    const fault = this.#choices.pick(16);
    if (fault === 3) made.vanished = true;
    if (fault === 1 || fault === 2 || made.vanished) {
      this.#apply(this.provider.missPoll(id, fault !== 2, this.#known));
      return;
    }
    this.provider.advance(made, this.now);
    if (made.ending === null) this.#apply({ kind: 'polled_open', id });
    else {
      const ended = this.provider.show(made, this.now);
      this.#disk.record(id, { ended, endedSeenAt: this.now });
      this.#apply({ kind: 'polled_ended', id, ended, action: made.action, named: null });
    }
  }

  #read(id: string): void {
    if (this.#choices.onceIn(8)) {
      this.#apply({ kind: 'read_failed', id });
      return;
    }
    const { lines, whole } = this.provider.read(this.provider.at(id), this.now);
    const before = this.#known.batches.find((batch) => batch.handle.id === id)?.reading ?? null;
    const now = { bytes: lines.length, crc32: lines.join(), whole, at: this.now };
    const reading = { ...now, confirmed: isConfirmedBy(before, now, bounds.readAgainMs) };
    this.#disk.record(id, { reading });
    this.#apply({ kind: 'read', id, reading });
    this.#readings.set(id, new Set(lines));
  }

  #classify(final: boolean): void {
    const { fates, unproven } = classifyItems(this.#known, this.#items, this.#readings, final);
    this.fates = fates;
    this.#apply({ kind: 'classified', unproven });
  }
}
