// The batches of all fronts: each is a record in the store and a workflow, and its states are read from there.

import { WorkflowNotFoundError } from '@temporalio/client';
import { createOrRead, readOwnIfThere } from '../../../job-folder/job-file.ts';
import { writeJson } from '../../../storage/lines/json-lines.ts';
import { makeUuid, readUuidTime } from '../access/ids.ts';
import type { Caller } from '../access/tokens.ts';
import { GatewayError } from '../errors.ts';
import { nameJob, readPending, readUuid } from './places.ts';
import { type BatchParts, Preparer } from './prepare.ts';
import { readState } from './read-state.ts';
import { type Batch, type BatchOrder, type BatchRecord, describeNew, hasEnded, targets } from './record.ts';
import { findUuid, type Sending, wasRemoved } from './repeats.ts';

export interface ListRequest {
  readonly limit: number;
  /** Only older ones than this uuid. */
  readonly after?: string | null;
  /** Only newer ones than this uuid: those next to it. */
  readonly before?: string | null;
}

export interface BatchList {
  /** The newest first. */
  readonly batches: readonly Batch[];
  readonly hasMore: boolean;
}

type Tenant = Caller['tenant'];

/** The gateway that took a batch is given this time to start it, before others do. */
const startMs = 30_000;
/** States that are read at the same time for one list. */
const readsMax = 10;

export class Batches {
  readonly #parts: BatchParts;
  readonly #preparer: Preparer;

  constructor(parts: BatchParts) {
    this.#parts = parts;
    this.#preparer = new Preparer(parts);
  }

  /** The uuid for a batch that is to be created, so that its lines can be written first. */
  makeUuid(): string {
    return makeUuid(this.#parts.now());
  }

  /** The batch is durable when it resolves, and its workflow starts then. An order that is sent again is the batch that it became. */
  async create(tenant: Tenant, order: BatchOrder, sending: Sending, ownUuid = this.makeUuid()): Promise<Batch> {
    const { store, places, now } = this.#parts;
    const uuid = await findUuid(this.#parts, { tenant, order, ...sending, own: ownUuid });
    const before = uuid === ownUuid ? null : await this.#findEarlier(tenant, uuid);
    if (before !== null) return before;
    if (order.file !== null) await writeJson(store, `${places.uses(tenant, order.file)}${uuid}.json`, {});
    // Before the record: if the gateway dies between the two, a mark without a record does no harm.
    if (order.problems.length === 0) await writeJson(store, places.pendingMark(tenant, uuid), {});
    const own: BatchRecord = { version: 1, uuid, tenant, createdAt: now(), ...order };
    // Another gateway may have taken the same repetition at this moment.
    const record = await createOrRead(store, places.record(tenant, uuid), own);
    if (order.problems.length === 0) this.#preparer.prepareLater(record);
    return { record, state: describeNew(record) };
  }

  /** Null if it was not recorded yet. */
  async #findEarlier(tenant: Tenant, uuid: string): Promise<Batch | null> {
    if (await wasRemoved(this.#parts, tenant, uuid)) {
      throw new GatewayError('conflict', 'Idempotency-Key: its batch was deleted; use another key');
    }
    return this.retrieve(tenant, uuid);
  }

  /** Null if there is none. */
  async retrieve(tenant: Tenant, uuid: string): Promise<Batch | null> {
    const record = await this.#readRecord(tenant, uuid);
    return record === null ? null : { record, state: await this.#stateOf(record, true) };
  }

  async list(tenant: Tenant, { limit, after = null, before = null }: ListRequest): Promise<BatchList> {
    const { store, places } = this.#parts;
    const uuids: string[] = [];
    for await (const { uri } of store.list(places.batches(tenant))) {
      const uuid = readUuid(uri);
      const isWanted = uuid !== null && (after === null || uuid < after) && (before === null || uuid > before);
      if (isWanted) uuids.push(uuid);
    }
    uuids.sort().reverse();
    // Those next to `before` are the oldest of the newer ones.
    const page = before === null ? uuids.slice(0, limit) : uuids.slice(-limit);
    const batches: Batch[] = [];
    for (let from = 0; from < page.length; from += readsMax) {
      const records = await Promise.all(
        page.slice(from, from + readsMax).map(async (uuid) => {
          const record = await this.#readRecord(tenant, uuid);
          return record === null ? [] : [{ record, state: await this.#stateOf(record, false) }];
        }),
      );
      batches.push(...records.flat());
    }
    return { batches, hasMore: uuids.length > page.length };
  }

  /** What its provider has answered is delivered all the same. Null if there is none. Does nothing to a batch that has ended. */
  async cancel(tenant: Tenant, uuid: string): Promise<Batch | null> {
    const { store, places, jobs, now } = this.#parts;
    const batch = await this.retrieve(tenant, uuid);
    if (batch === null || hasEnded(batch.state)) return batch;
    await createOrRead(store, places.mark(tenant, uuid, 'cancel'), { at: now() });
    try {
      await jobs.cancel(nameJob(tenant, uuid));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      // It was not started: the mark is found by what prepares it.
      this.#preparer.prepareLater(batch.record);
    }
    return this.retrieve(tenant, uuid);
  }

  /**
   * Removes what the gateway keeps of a batch that has ended, but not an uploaded file. Its marks stay: by them, nothing ever starts it
   * again. The record goes last, so that a removal that was cut off can be asked for again.
   */
  async remove(record: BatchRecord): Promise<void> {
    const { store, places } = this.#parts;
    const { tenant, uuid } = record;
    for await (const { uri } of store.list(places.output(tenant, uuid))) await store.remove(uri);
    // Those that were translated, and those that came with the order.
    for (const target of targets) await store.remove(places.lines(tenant, uuid, target));
    if (record.file === null) await store.remove(record.lines);
    await store.remove(places.record(tenant, uuid));
  }

  /** Whether a batch that has not ended has the uploaded file as its input. */
  async isInUse(tenant: Tenant, file: string): Promise<boolean> {
    const { store, places } = this.#parts;
    for await (const { uri } of store.list(places.uses(tenant, file))) {
      const uuid = readUuid(uri);
      const batch = uuid === null ? null : await this.retrieve(tenant, uuid);
      if (batch !== null && !hasEnded(batch.state)) return true;
    }
    return false;
  }

  /** Starts what another gateway recorded and did not start. */
  async startPending(): Promise<void> {
    const { store, places, now } = this.#parts;
    for await (const { uri } of store.list(places.pending)) {
      const found = readPending(uri);
      if (found === null || now() - readUuidTime(found.uuid) < startMs) continue;
      const record = await this.#readRecord(found.tenant, found.uuid);
      if (record === null) await store.remove(uri);
      else this.#preparer.prepareLater(record);
    }
  }

  #readRecord(tenant: Tenant, uuid: string): Promise<BatchRecord | null> {
    const { store, places } = this.#parts;
    return readOwnIfThere<BatchRecord>(store, places.record(tenant, uuid));
  }

  async #stateOf(record: BatchRecord, exact: boolean): Promise<Batch['state']> {
    const { state, isStarted } = await readState(this.#parts, record, { exact });
    if (!isStarted) this.#preparer.prepareLater(record);
    return state;
  }
}
