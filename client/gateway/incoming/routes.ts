// `POST /hooks/:vendor/:account`: a vendor says that a batch has ended, and the batch is polled now. An event is only a hint: it never carries a state,
// and the timers poll without it.

import { WorkflowNotFoundError } from '@temporalio/client';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { nudgeSignal } from '../../../workflows/messages.ts';
import { environment } from '../../surroundings.ts';
import { requireScope } from '../access/authenticate.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv, GatewayParts } from '../parts.ts';
import { decodeText, parseJson, readBytes } from '../read-body.ts';
import { BatchFinder } from './find-batch.ts';
import { nameHook, readHookSecrets } from './read-secrets.ts';
import { type HookVendorName, hookVendors } from './vendors.ts';
import { verifyEvent } from './verify-event.ts';

/** `unknown`: no running job has recorded the batch. `late`: its workflow has ended. `ignored`: not the end of a batch. */
type Outcome = 'polled' | 'forged' | 'stale' | 'duplicate' | 'ignored' | 'unknown' | 'late';

/** Anybody may send, so no more is read. */
const bodyBytes = 64 * 1024;
const rememberedMax = 10_000;

const eventForm = z.looseObject({ type: z.string(), data: z.looseObject({ id: z.string().min(1) }) });

export class Hooks {
  readonly #parts: GatewayParts;
  readonly #secrets: ReadonlyMap<string, readonly Buffer[]>;
  readonly #finder: BatchFinder;
  /** By hook and outcome, since this gateway was started. */
  readonly #counts = new Map<string, Record<string, number>>();
  /** The newest events that were dealt with: vendors send an event again if an answer is lost. */
  readonly #seen = new Set<string>();

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#secrets = readHookSecrets(parts.config.hooks, environment);
    this.#finder = new BatchFinder(parts.jobs, parts.store, parts.now);
  }

  /** Open to everybody: the signature says who sends. */
  get incoming(): Hono<GatewayEnv> {
    const routes = new Hono<GatewayEnv>();
    routes.post('/:vendor/:account', (context) => this.#receive(context));
    return routes;
  }

  /** For operators. */
  get shown(): Hono<GatewayEnv> {
    const routes = new Hono<GatewayEnv>();
    routes.get('/', requireScope('read'), (context) => {
      if (context.get('caller').tenant !== null) throw new GatewayError('forbidden', 'only an operator sees the hooks');
      return context.json({ hooks: Object.fromEntries(this.#counts) });
    });
    return routes;
  }

  async #receive(context: Context<GatewayEnv>): Promise<Response> {
    const { vendor = '', account = '' } = context.req.param();
    const name = nameHook(vendor, account);
    const secrets = this.#secrets.get(name);
    if (!isVendor(vendor) || secrets === undefined) throw new GatewayError('not_found', 'there is no such hook');
    const body = await readBytes(context, { ...this.#parts.config.limits, bodyBytes });
    const id = context.req.header('webhook-id');
    const [timestamp, signature] = [context.req.header('webhook-timestamp'), context.req.header('webhook-signature')];
    const verdict = verifyEvent({ id, timestamp, signature, body }, secrets, this.#parts.now());
    if (verdict !== 'genuine') {
      this.#count(name, verdict);
      throw new GatewayError('unauthorized', 'the event is not signed by the secret of this hook, or not just now');
    }
    // Nothing else than the signed body is believed.
    return context.json({ outcome: this.#count(name, await this.#dealWith(vendor, `${name} ${id}`, body)) });
  }

  async #dealWith(vendor: HookVendorName, key: string, body: Buffer): Promise<Outcome> {
    if (this.#seen.has(key)) return 'duplicate';
    this.#remember(key);
    try {
      return await this.#poll(vendor, body);
    } catch (error) {
      // The vendor is told that it failed, and sends the event again.
      this.#seen.delete(key);
      throw error;
    }
  }

  async #poll(vendor: HookVendorName, body: Buffer): Promise<Outcome> {
    const { events, listIds } = hookVendors[vendor];
    const event = eventForm.safeParse(parseJson(decodeText(body)));
    if (!event.success || !events.has(event.data.type)) return 'ignored';
    const workflowId = await this.#finder.find(vendor, listIds(event.data.data.id));
    if (workflowId === null) return 'unknown';
    try {
      await this.#parts.jobs.client.workflow.getHandle(workflowId).signal(nudgeSignal);
      return 'polled';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'late';
      throw error;
    }
  }

  #remember(key: string): void {
    this.#seen.add(key);
    if (this.#seen.size <= rememberedMax) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }

  /** Logs the first of each kind, and then ever fewer: anybody may send. */
  #count(name: string, outcome: Outcome): Outcome {
    const counts = this.#counts.get(name) ?? {};
    const count = (counts[outcome] ?? 0) + 1;
    counts[outcome] = count;
    this.#counts.set(name, counts);
    if ((count & (count - 1)) === 0) this.#parts.log({ event: 'hook', hook: name, outcome, count });
    return outcome;
  }
}

const isVendor = (name: string): name is HookVendorName => Object.hasOwn(hookVendors, name);
