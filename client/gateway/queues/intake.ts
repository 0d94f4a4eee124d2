// Gathers the calls of many callers into groups: one file and one update of the queue for each group, so that a queue's history grows by groups
// and not by calls. The next group forms while the last one is being taken.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from '../../../input/queue/schema.ts';
import type { Added } from '../../../workflows/queue/messages.ts';
import type { Queues } from '../../long-lived/queues.ts';
import type { GatewayParts } from '../parts.ts';
import type { GroupFiles, Refusal } from './group-files.ts';
import type { GivenItems } from './read-items.ts';
import { isRefusedFile } from './refusals.ts';

interface Call {
  readonly items: GivenItems;
  readonly answer: PromiseWithResolvers<Added>;
}

/** Calls that may be in one group: of one queue, urgent or not, and with the same queue to open. */
interface Line {
  readonly name: string;
  readonly isUrgent: boolean;
  readonly queue: Queue | undefined;
  waiting: Call[];
  groups: number;
  isGathering: boolean;
  /** When the last group began. */
  beganAt: number;
}

/** The first call waits for so long for others. */
const gatherMs = 4;
/** Groups of one line begin at least so far apart, unless they are full: each adds a dozen events to the queue's history. */
const apartMs = 100;
const groupItemsMax = 10_000;
const groupCallsMax = 1_000;
const groupBytesMax = 16 * 1024 * 1024;
/** While one group is being taken, the next one is written. */
const groupsMax = 2;
const refusalsMax = 100;

export interface IntakeParts {
  /** `add` of the library, within the time that a call may take. */
  readonly add: Queues['add'];
  readonly files: Pick<GroupFiles, 'write' | 'remove' | 'readRefusals'>;
  readonly log: GatewayParts['log'];
}

export class Intake {
  readonly #parts: IntakeParts;
  /** Only those in which calls wait or are being taken. */
  readonly #lines = new Map<string, Line>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Resolves when the accepted items are durable. A rejection says nothing of them, unless it is a refusal of the queue. */
  add(name: string, items: GivenItems): Promise<Added> {
    const { isUrgent, queue } = items;
    const key = JSON.stringify([name, isUrgent, queue]);
    const line = this.#lines.get(key) ?? {
      name,
      isUrgent,
      // Checked where it was read, or by the queue when it opens.
      queue: queue as Queue | undefined,
      waiting: [],
      groups: 0,
      isGathering: false,
      beganAt: 0,
    };
    this.#lines.set(key, line);
    const call: Call = { items, answer: Promise.withResolvers<Added>() };
    line.waiting.push(call);
    if (line.groups < groupsMax && !line.isGathering) void this.#run(key, line);
    return call.answer.promise;
  }

  async #run(key: string, line: Line): Promise<void> {
    line.groups += 1;
    while (line.waiting.length > 0 && !line.isGathering) {
      line.isGathering = true;
      if (!isFull(line)) await sleep(Math.max(gatherMs, line.beganAt + apartMs - performance.now()));
      line.isGathering = false;
      line.beganAt = performance.now();
      await this.#take(line, takeGroup(line));
    }
    line.groups -= 1;
    if (line.groups === 0) this.#lines.delete(key);
  }

  /** Never rejects. One call that makes the queue refuse the whole file must not harm the others: each half is tried by itself. */
  async #take(line: Line, calls: readonly Call[]): Promise<void> {
    try {
      const { file, added, refusals } = await this.#give(line, calls);
      answerCalls(calls, added, refusals);
      await this.#parts.files.remove(file, added.refused > added.refusals.length);
    } catch (error) {
      const isRefused = isRefusedFile(error);
      if (!isRefused) this.#parts.log({ event: 'group_failed', calls: calls.length, error });
      if (calls.length === 1 || !isRefused) {
        for (const { answer } of calls) answer.reject(error);
        return;
      }
      const half = Math.ceil(calls.length / 2);
      await this.#take(line, calls.slice(0, half));
      await this.#take(line, calls.slice(half));
    }
  }

  async #give({ name, isUrgent, queue }: Line, calls: readonly Call[]) {
    const { files, add } = this.#parts;
    const file = await files.write(Buffer.concat(calls.map(({ items }) => items.lines)));
    try {
      const { uri, refusals } = file;
      const added = await add(name, isUrgent ? { uri, refusals, urgent: true } : { uri, refusals }, queue);
      const areAllNamed = added.refused === added.refusals.length;
      return { file, added, refusals: areAllNamed ? added.refusals : await files.readRefusals(file) };
    } catch (error) {
      // Its callers are told to send their items again, so nobody needs the file.
      await files.remove(file, false);
      throw error;
    }
  }
}

const isFull = ({ waiting }: Line): boolean => waiting.length >= groupCallsMax;

function takeGroup(line: Line): readonly Call[] {
  let [items, bytes, calls] = [0, 0, 0];
  for (const { items: given } of line.waiting) {
    items += given.count;
    bytes += given.lines.length;
    const isOver = items > groupItemsMax || bytes > groupBytesMax || calls >= groupCallsMax;
    if (calls > 0 && isOver) break;
    calls += 1;
  }
  const group = line.waiting.slice(0, calls);
  line.waiting = line.waiting.slice(calls);
  return group;
}

/** Gives each caller its own share, with its own line numbers. */
function answerCalls(calls: readonly Call[], { accepted, refused }: Added, refusals: readonly Refusal[]): void {
  const given = calls.reduce((sum, { items }) => sum + items.count, 0);
  if (accepted + refused !== given || refusals.length !== refused) {
    throw new Error(`the queue has counted ${accepted + refused} items of ${given}, and names ${refusals.length}`);
  }
  let [before, next] = [0, 0];
  for (const { items, answer } of calls) {
    const own: Refusal[] = [];
    for (; next < refusals.length; next += 1) {
      const refusal = refusals[next];
      if (refusal === undefined || refusal.line > before + items.count) break;
      const line = refusal.line - before;
      own.push({ ...refusal, line: items.numbers?.[line - 1] ?? line });
    }
    before += items.count;
    answer.resolve({ accepted: items.count - own.length, refused: own.length, refusals: own.slice(0, refusalsMax) });
  }
}
