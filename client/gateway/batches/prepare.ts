// From a batch's record to its workflow. Every step may be done twice, by this gateway or by another one: what was cut off is done again.

import { createOrRead } from '../../../job-folder/job-file.ts';
import type { GatewayParts } from '../parts.ts';
import { findTarget } from './choose-route.ts';
import { makeJob, startOnce } from './make-job.ts';
import { nameJob, type Places } from './places.ts';
import {
  type BatchRecord,
  type BatchState,
  describeAllRefused,
  describeNew,
  type Route,
  type Target,
} from './record.ts';
import { refuseAll } from './refused-requests.ts';
import { translateLines } from './translate-lines.ts';
import type { Translator } from './translator.ts';

export interface BatchParts extends Pick<GatewayParts, 'jobs' | 'store' | 'config' | 'now' | 'log' | 'draining'> {
  readonly places: Places;
  readonly translator: Translator;
}

export class Preparer {
  readonly #parts: BatchParts;
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: BatchParts) {
    this.#parts = parts;
  }

  /** Starts the workflow of a batch that has none. Does nothing for a batch that was started, or was cancelled before. */
  prepare(record: BatchRecord): Promise<void> {
    const running = this.#running.get(record.uuid);
    if (running !== undefined) return running;
    const work = this.#prepare(record).finally(() => this.#running.delete(record.uuid));
    this.#running.set(record.uuid, work);
    return work;
  }

  /** As `prepare`, but nobody waits: what fails is tried again later. */
  prepareLater(record: BatchRecord): void {
    this.prepare(record).catch((error: unknown) => this.#parts.log({ event: 'batch_not_started', error }));
  }

  async #prepare(record: BatchRecord): Promise<void> {
    const { store, places } = this.#parts;
    const { tenant, uuid, route } = record;
    const isDone =
      record.problems.length > 0 ||
      (await this.#has(places.mark(tenant, uuid, 'started'))) ||
      (await this.#has(places.mark(tenant, uuid, 'ended')));
    if (!isDone) {
      if (await this.#has(places.mark(tenant, uuid, 'cancel'))) {
        const cancelAskedAt = this.#parts.now();
        await this.#end(record, { ...describeNew(record), status: 'cancelled', cancelAskedAt });
      } else if (route === null) {
        await refuseAll(store, record.lines, places.output(tenant, uuid));
        await this.#end(record, describeAllRefused(record));
      } else {
        await this.#translateAndStart(record, route);
      }
    }
    await store.remove(places.pendingMark(tenant, uuid));
  }

  async #translateAndStart(record: BatchRecord, route: Route): Promise<void> {
    const { jobs, store, places, config } = this.#parts;
    const { tenant, uuid } = record;
    const target = findTarget(route);
    const dataset = target === record.dialect ? record.lines : await this.#translate(record, target);
    const id = nameJob(tenant, uuid);
    // A gateway that died after the start may have left no mark, and Temporal may have forgotten the workflow by now.
    if (!(await this.#has(`${places.output(tenant, uuid)}job.json`))) {
      await startOnce(jobs, makeJob(record, route, { dataset, output: places.output(tenant, uuid) }, config), id);
    }
    await createOrRead(store, places.mark(tenant, uuid, 'started'), { at: this.#parts.now() });
    // A cancellation writes its mark first, and then looks for a workflow.
    if (await this.#has(places.mark(tenant, uuid, 'cancel'))) await jobs.cancel(id);
  }

  /** The uri of the translated lines. */
  async #translate(record: BatchRecord, target: Target): Promise<string> {
    const { store, places, translator } = this.#parts;
    const uri = places.lines(record.tenant, record.uuid, target);
    if (!(await this.#has(uri))) await translateLines(store, record, { target, uri, translator });
    return uri;
  }

  async #end(record: BatchRecord, state: BatchState): Promise<void> {
    const { store, places, now } = this.#parts;
    await createOrRead(store, places.mark(record.tenant, record.uuid, 'ended'), { ...state, endedAt: now() });
  }

  async #has(uri: string): Promise<boolean> {
    return (await this.#parts.store.head(uri)) !== null;
  }
}
