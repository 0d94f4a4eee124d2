// What all jobs share: who holds and waits for what, and the limits. Answered by the dispatcher, which runs once a job has asked it.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { SetCap, SetLimits, SetTenant } from '../../domain/dispatch/limits.ts';
import type { DispatchPage } from '../../domain/dispatch/page/page.ts';
import { dispatcherId } from '../../domain/ids.ts';
import {
  holdingsQuery,
  reclaimUpdate,
  setCapUpdate,
  setLimitsUpdate,
  setTenantUpdate,
} from '../../workflows/dispatcher/messages.ts';
import { awaitWorker, type WaitOptions } from '../worker-answer.ts';

export class Dispatcher {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Null if no job has asked the dispatcher yet. Rejects if no worker answers in time. */
  async holdings(options: WaitOptions = {}): Promise<DispatchPage | null> {
    try {
      const { taskQueue } = await this.#handle.describe();
      return await awaitWorker(this.#client, taskQueue, () => this.#handle.query(holdingsQuery), options);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }

  /** Sets the room of an account, or of one of its models. Null takes the configuration's value again. Resolves with what follows. */
  setLimits(limits: SetLimits): Promise<string> {
    return this.#handle.executeUpdate(setLimitsUpdate, { args: [limits] });
  }

  setTenant(tenant: SetTenant): Promise<string> {
    return this.#handle.executeUpdate(setTenantUpdate, { args: [tenant] });
  }

  /** Of a tenant, a feature or an account. A cap below what is spent and reserved stops new work only. */
  setCap(cap: SetCap): Promise<string> {
    return this.#handle.executeUpdate(setCapUpdate, { args: [cap] });
  }

  /** Gives back what jobs held that have ended without a word. Resolves with these. */
  reclaim(): Promise<readonly string[]> {
    return this.#handle.executeUpdate(reclaimUpdate);
  }

  get #handle() {
    return this.#client.workflow.getHandle(dispatcherId);
  }
}
