// Finds out whether a bucket's server honours conditional creates, and takes conditional replacements. Some servers ignore the condition of a
// create: there, two jobs could take one output. Others know no condition of a replacement: there, no job could write to its own.

import { randomBytes } from 'node:crypto';
import { StoreError } from '../store.ts';
import type { ObjectClient, ObjectPlace } from './client.ts';
import { findWritten, makeCondition } from './conditional.ts';
import { withKey } from './place.ts';

/** Its name begins with a dot, so nobody takes it for a file of a job. */
const probeName = '.nightshift-probe-';

/** Tried once for each bucket. */
export class ExclusiveCreates {
  readonly #client: ObjectClient;
  readonly #tried = new Map<string, Promise<void>>();

  constructor(client: ObjectClient) {
    this.#client = client;
  }

  /** Fails with `not_exclusive` if the server does not do both. Writes its probe into the folder of the file that is to be created. */
  async require(place: ObjectPlace): Promise<void> {
    const tried = this.#tried.get(place.bucket) ?? this.#try(place);
    this.#tried.set(place.bucket, tried);
    try {
      await tried;
    } catch (error) {
      // It may succeed next time, on another server or with another permission.
      this.#tried.delete(place.bucket);
      if (!(error instanceof StoreError)) throw error;
      // That the probe exists says nothing about the file.
      throw new StoreError(error.problem === 'exists' ? 'unavailable' : error.problem, place.uri);
    }
  }

  async #try(place: ObjectPlace): Promise<void> {
    const folder = place.key.slice(0, place.key.lastIndexOf('/') + 1);
    const probe = withKey(place, `${folder}${probeName}${randomBytes(8).toString('hex')}`);
    try {
      const { version } = await this.#client.put(probe, Buffer.from('first'), makeCondition(null));
      const isHonoured = (await this.#isRefused(probe)) && (await this.#isReplaced(probe, version));
      if (!isHonoured) throw new StoreError('not_exclusive', probe.uri);
    } finally {
      await this.#client.remove(probe, null).catch(() => undefined); // The first failure is the one to report.
    }
  }

  async #isRefused(probe: ObjectPlace): Promise<boolean> {
    try {
      await this.#client.put(probe, Buffer.from('second'), makeCondition(null));
      return false;
    } catch (error) {
      if (error instanceof StoreError && error.problem === 'exists') return true;
      throw error;
    }
  }

  async #isReplaced(probe: ObjectPlace, version: string): Promise<boolean> {
    const condition = makeCondition(version);
    try {
      await this.#client.put(probe, Buffer.from('third'), condition);
      return true;
    } catch (error) {
      // If the first reply was lost, the request was sent again, and refused because of itself.
      return (await findWritten(this.#client, probe, condition, error)) !== null;
    }
  }
}
